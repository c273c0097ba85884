"""A reader's own tables: schema, loading, checking, and the offline report."""

from .faults import BadTable, refuse
from .loading import Tables, load
from .mapping import MAPPING
from .report import OfflineReport, lead
from .schema import Column, DataSchema

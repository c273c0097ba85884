"""A reader's own tables: schema, loading, checking, and the offline report."""

from .files import MAPPING
from .loading import Tables, load
from .report import OfflineReport, lead
from .schema import BadTable, Column, DataSchema, refuse

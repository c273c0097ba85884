"""The numbers that the linter holds a chapter to."""

#: A chapter may be short: the skeleton of one lacks figures only.
CELLS, CODE_CELLS, WORDS, FIGURES = (0, 60), (0, 25), (0, 4_500), (6, 60)
WORDS_PER_CODE_LINE = (8, 20)
#: Lines of code in a cell: median, 90th percentile and largest.
MEDIAN_LINES, P90_LINES, MOST_LINES = 6, 15, 25
COLUMNS = 88
PRINTED_LINES = 20
COMMITS = 3
#: Share of code cells whose output nbval may ignore.
IGNORED_SHARE = 0.10
#: A longer output is slow to read, by people and by nbval.
OUTPUT_BYTES = 600_000

STEPS = ("Clarify", "Frame", "Data", "Model", "Evaluate", "Serve", "Monitor")
#: Sections that open and close a chapter, by the words that their heading contains.
OPENING = ("The prompt",)
CLOSING = ("Roads not taken", "Recap", "Exercises", "Claims", "Sources")

CALLOUTS = ("Decision", "Predict", "Say this")

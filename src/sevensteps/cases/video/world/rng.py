"""What the video world draws: its streams by part, its random numbers by purpose."""

SPACE, CREATORS, VIDEOS, USERS, UPLOADS, INCUMBENT, BASKETS = range(100, 107)

# What a uniform is for: one draw for each purpose.
VISIT, PAGES, WHEN, EXAMINE, CLICK, WATCH, LIKE, SUBSCRIBE = range(8)
ASKED, STARS, QUIT, ARMS = range(8, 12)

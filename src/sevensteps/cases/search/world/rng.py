"""What the search world draws: its streams by part, its random numbers by purpose."""

BRANDS, PRODUCTS, NEEDS, SHOPPERS, ARRIVALS, STOCK, FILES, RATERS = range(200, 208)

# What a uniform is for: one draw for each purpose.
VISIT, SESSIONS, WHEN, NEED, FORM, UNSPOKEN, LOOKER, RETRY = range(8)
EXAMINE, CLICK, SATISFIED, BUY, STARS, ARMS, VARIANT, SHUFFLE, PLACE = range(8, 17)
RATER, BLURRED, INATTENTIVE, GUESS = range(17, 21)

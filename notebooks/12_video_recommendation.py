# %% [markdown]
# (video)=
# # Video recommendation
#
# It is 22:40. She has twenty minutes before bed, a telephone, and two million videos. She will look at four or five pictures. Show her what everybody watches and she shrugs. Show her a promise and she clicks, is cheated, and is a little less likely to come back tomorrow. Tonight you will not notice: the click counted.
#
# You have 150 milliseconds to choose ten videos. Tomorrow you learn from what you chose to show.

# %% [markdown]
# ## The prompt
#
# > "Half a billion people open our app every day. We have millions of videos. Recommend the next ones within 150 ms."
#
# **Core question.** How do you choose ten videos out of millions for one person, when a click is not what she came for and your own choices make the data?
#
# After this chapter you can:
#
# 1. choose what to optimise by what it does to people, and say what each proxy costs;
# 2. split millions of videos into stages, each with its recall, its milliseconds and its price, measured against the best page that could have been shown;
# 3. say which of your offline numbers an experiment will contradict, and why.
#
# > **Note.** Try it cold first. Take five minutes, write down your first six questions, then compare.

# %%
from dataclasses import asdict

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from sevensteps import estimate, measure, teach
from sevensteps.cases import video
from sevensteps.recommend import examples, inputs, net_training, ranking, sources
from sevensteps.recommend import policy as pages
from sevensteps.recommend import towers as two_towers
from sevensteps.recommend.known import look_curve
from sevensteps.recommend.returning import value_of_returns
from sevensteps.recommend.tower_training import train
from sevensteps.teach import figures
from sevensteps.worlds import video as vid

figures.use_house_style()
pd.set_option("display.width", 120, "display.max_columns", 20)

# %% [markdown]
# Two worlds serve this chapter. A **town** is small enough to be lived again under every policy, by the same people with the same luck. A **city** with two million videos is there for all that depends on size. Both keep their truth in a drawer: how well each video fits each person, what watching gives her, what its picture promises. What they simplify is in the [data card](https://github.com/seven-steps-book/seven-steps/blob/main/data/README.md).

# %%
world = vid.VideoWorld(vid.Size(20_000, 60_000, 3_000, days=28), seed=7)
town = video.Town.of(world)
log = town.history.impressions
teach.record(town_impressions=log.num_rows, town_clicks=int(town.events.clicked.sum()))
log.slice(1_000_003, 3).to_pandas().round(3).astype(str).T

# %% [markdown]
# The town logged <!--=town_impressions-->?<!--/--> impressions in 28 days under the policy that stands today: what is trending, some of the new, some at random. One place of each page is filled by lot from the day's basket of a hundred videos a language. That draw is the most valuable column of the log, as you will see.

# %% [markdown]
# (video-clarify)=
# ## Step 1 · Clarify
#
# *Minutes 0-8.* Ask what changes the design, and skip the rest.
#
# | you ask | the interviewer says | what it changes |
# |---|---|---|
# | What is success: clicks, minutes, or that people come back? | You tell me. | the label, and who is cheated |
# | Which surface: home page, next video, search? | The home page: ten videos. | no query; the person is the query |
# | How many people, videos, uploads? | 500 M a day; millions; one in a thousand new each day. | two stages, and an index that changes |
# | How fast? | 150 ms at p99, the network not included. | what can be looked at per request |
# | What do we log? | Pages, places, clicks, seconds, likes; a survey now and then. | implicit labels, a bias by place |
# | Does today's policy draw anything by lot? | One place in ten. | we can measure what the log hides |
# | Must anything be shown? | New creators need a chance. | freshness is a constraint, not a wish |
# | And if we are late? | An empty page is the worst page. | a fallback at every stage |
#
# | objective | target | why |
# |---|---|---|
# | satisfaction against today's policy | higher, with its interval | the reason for the project |
# | people who come | not fewer | short-term gains are easy to borrow |
# | page latency | p99 < 150 ms | she scrolls away |
# | pages that are never empty | all | a fallback counts as an answer, and is logged as one |
# | creators still uploading after a month | not fewer | they are the other side of the market |
#
# > **Predict.** Half a billion people a day: how many pages a second must you serve at the peak? In the town a visitor asks for <!--=pages_a_visit-->?<!--/--> pages. Commit before you run the next cell, or skip it.

# %%
first_day = log["at"].to_numpy() // vid.DAY
visits = pd.DataFrame({"day": first_day, "user": log["user_id"].to_numpy()}).drop_duplicates()
n_pages = len(np.unique(log["request_id"].to_numpy()))
pages_a_visit = round(n_pages / len(visits), 2)
teach.record(pages_a_visit=pages_a_visit)
teach.commit("peak", 10_000, "pages a second")

# %%
daily = 500e6 * pages_a_visit
envelope = estimate.capacity(estimate.Load(
    rate=f"{daily} request/day", peak_factor=2.0, size="600 byte/request",
    keys="1.5e9 user", key_size="500 byte/user", service_time="10 ms",
    machine_price="300 EUR/month/machine", disk_price="0.02 EUR/gigabyte/month",
    keep="90 day", copies=2, wait="10 ms", cores=16, spare=40))
peak = envelope.loc["peak rate", "value"]
teach.record(peak=peak, log_pb=envelope.loc["log", "value"] / 1e3,
             machines=envelope.loc["machines for headroom", "value"],
             cost=envelope.loc["cost", "value"])
envelope

# %%
teach.reveal("peak", peak)

# %% [markdown]
# At the peak that is <!--=peak-->?<!--/--> pages a second, and with 10 ms of one core a page <!--=machines-->?<!--/--> machines of sixteen cores: some <!--=cost-->?<!--/--> € a month. The 10 ms are a wish; Step 6 measures them and draws the plan again. Looking at *all* videos for each page is out: how far out, Step 4 measures.
#
# Before anything is built, the 150 ms are divided. Whoever owns a stage owns a line.

# %%
ledger = pd.Series({
    "receive and answer": 10, "features of the user": 10, "user tower": 5,
    "candidates: search and lists": 30, "features of the candidates": 20,
    "rank": 30, "compose the page": 5, "waiting, at the peak": 40}, name="ms at p99")
ledger.to_frame().T

# %% [markdown]
# > **Say this.** "A page costs ten milliseconds of a core or it costs the company. So I look at millions of videos with a dot product, at a few hundred with a model, and I decide first what the model should want."
#
# *Follow-up ladder.* **Mid**: turns users into requests a second. **Senior**: divides the deadline before designing, and says what happens when a stage overruns. **Staff**: asks what success is, doubts that minutes are it, and names who loses when it is wrong.

# %% [markdown]
# (video-frame)=
# ## Step 2 · Frame
#
# *Minutes 8-14.* Objective → task → label. The task is ranking with two stages: **candidate generation** finds a few hundred of two million, **ranking** orders them. What should *better* mean?
#
# - **Clicks**: dense and fast. A click says that the picture promised something.
# - **Minutes**: clicks weighted by time. Long videos gain.
# - **Satisfaction**: three in a hundred who watched are asked for stars. Few labels, the right question.
# - **Return**: who came back the next day. The goal itself, but a day is shaped by much besides one video.
#
# Build one machine and give it four goals. Its parts are the subject of Steps 3 and 4: two towers make candidates, a small network guesses the probability of a click, the share of the video that will be watched, and the probability of a like.

# %%
clicks_until_14 = examples.tower_examples(
    town.events.take(town.events.day < 14), town.items, town.viewers)
towers, _ = train(two_towers.Plan(epochs=3), town.items, clicks_until_14)

# %%
rows = examples.ranker_rows(
    town.events, town.items, town.viewers, towers, town.looks,
    first=14, per_day=20_000)
early, late = rows.take(rows.day < 26), rows.take(rows.day >= 26)
net = net_training.fit(early)

# %% [markdown]
# The survey prices what follows a click: stars above the middle, explained by the share watched and by a like. The return does the same without a survey: does she come back, given what today's visit held, and given how often she comes anyway?

# %%
by_survey = ranking.Value.fit(net, early)
by_return = value_of_returns(town.events, len(town.viewers))
prices = pd.DataFrame({"by stars": asdict(by_survey), "by return": asdict(by_return)})
teach.record(prices=prices)
prices.round(2)

# %% [markdown]
# Both say that a click alone is worth less than nothing: <!--=prices[base, by stars]-->?<!--/--> stars, <!--=prices[base, by return]-->?<!--/--> in the log-odds of a return. What is watched to its end makes up for it. Now let four companies live the same week. The **oracle** knows the truth and composes the best page that exists.

# %%
shares = {"near": 100, "popular": 50, "fresh": 20, "followed": 20}

def company(goal, ranker=net, **how):
    return pages.TwoStage(town.known, towers, ranker, goal, **({"shares": shares} | how))

week = town.twins({
    "today's policy": vid.Incumbent(7),
    "clicks": company(pages.clicks), "minutes": company(pages.watch_time),
    "survey": company(by_survey.goal), "return": company(by_return.goal),
    "oracle": vid.Oracle()}, days=7)
framed = video.board(week, days=7)
framed

# %%
came = framed["days"] - framed.loc["today's policy", "days"]
teach.record(framed=framed, came=came,
             survey_over_return=framed["satisfaction"]["survey"] - framed["satisfaction"]["return"],
             reached=f"{framed['satisfaction']['survey'].estimate / framed['satisfaction']['oracle'].estimate:.0%}")
came.to_frame("visits a day more than today, per 1,000 people")

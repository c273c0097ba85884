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
from dataclasses import asdict, replace

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
world = vid.VideoWorld(vid.Size(12_000, 40_000, 2_000, days=28), seed=7)
town = video.Town.of(world)
log = town.history.impressions
teach.record(town_impressions=log.num_rows, town_clicks=int(town.events.clicked.sum()))
log.slice(500_003, 3).to_pandas().round(3).astype(str).T

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

# %%
fig, ax = plt.subplots()
roles = {"today's policy": figures.NAIVE, "clicks": figures.NAIVE, "minutes": figures.RIVAL,
         "survey": figures.OURS, "return": figures.OURS, "oracle": figures.TRUTH}
for name, colour in roles.items():
    x, y = framed.loc[name, "clicks"], framed.loc[name, "satisfaction"]
    ax.plot([x.low, x.high], [y.estimate] * 2, color=colour)
    ax.plot([x.estimate] * 2, [y.low, y.high], color=colour)
    ax.annotate(name, (x.high, y.estimate), (6, -3), textcoords="offset points")
ax.set(xlabel="clicks per 1,000 people and day", ylabel="satisfaction per 1,000 and day",
       xlim=(340, 980))
figures.show(
    fig, "four-goals",
    alt="Satisfaction against clicks for six policies. The click goal has more clicks "
    "than survey and return, and a third of their satisfaction; the oracle is far "
    "above all in both.",
    caption="The goal of clicks gets its clicks. The people get a third of what the "
    "same machine gives them when it wants what the survey says.")

# %% [markdown]
# | goal | clicks | hours | satisfaction | clicks regretted | verdict |
# |---|---|---|---|---|---|
# | clicks | <!--=framed[clicks, clicks]-->?<!--/--> | <!--=framed[clicks, hours]-->?<!--/--> | <!--=framed[clicks, satisfaction]-->?<!--/--> | <!--=framed[clicks, regrets]-->?<!--/--> | buys promises |
# | minutes | <!--=framed[minutes, clicks]-->?<!--/--> | <!--=framed[minutes, hours]-->?<!--/--> | <!--=framed[minutes, satisfaction]-->?<!--/--> | <!--=framed[minutes, regrets]-->?<!--/--> | buys length |
# | return tomorrow | <!--=framed[return, clicks]-->?<!--/--> | <!--=framed[return, hours]-->?<!--/--> | <!--=framed[return, satisfaction]-->?<!--/--> | <!--=framed[return, regrets]-->?<!--/--> | the goal itself, seen through noise |
# | **survey** | <!--=framed[survey, clicks]-->?<!--/--> | <!--=framed[survey, hours]-->?<!--/--> | <!--=framed[survey, satisfaction]-->?<!--/--> | <!--=framed[survey, regrets]-->?<!--/--> | ours |
#
# > **Decision.** Rank by the value that the survey teaches. Against minutes it gives up hours and wins satisfaction, and <!--=came[survey]-->?<!--/--> more visits a day per 1,000 people than today's policy, where clicks win <!--=came[clicks]-->?<!--/-->. The survey asks three in a hundred who watched. Its lead over the goal of returns is <!--=survey_over_return-->?<!--/--> of satisfaction: where nobody may be asked, the log's own returns come close. Both stay far from the oracle: <!--=reached-->?<!--/--> of what it gives.
#
# In this world clickbait *costs*: a promise above the content disappoints, and disappointment keeps people away. Whether yours does is an empirical question, and the survey is how you ask it.
#
# > **Say this.** "A click is what the picture promised, a minute is what the length allowed. I predict both, and I let a small survey say what they are worth. The value model is one line that product owns."
#
# *Follow-up ladder.* **Mid**: predicts clicks. **Senior**: predicts several things and combines them, with weights from something that was asked. **Staff**: knows that the combination is the product strategy, tests it by return, and watches what it does to creators.

# %% [markdown]
# (video-data)=
# ## Step 3 · Data
#
# *Minutes 14-22.* You never see tastes, only what was done with pages that somebody chose.

# %%
clicks = town.events.take(town.events.clicked)
often = np.sort(np.bincount(clicks.item, minlength=len(town.items)))[::-1]
drawn = town.events.explored
value = town.world.truth(town.history)["true_value"].to_numpy()
known_before = np.bincount(clicks.item[clicks.day < 21], minlength=len(town.items))
week_4 = drawn & (town.events.day >= 21)
told = np.corrcoef(np.log1p(known_before[town.events.item[week_4]]), value[week_4])[0, 1]
facts = pd.Series({
    "of the user-item matrix filled": len(clicks) / len(town.viewers) / len(town.items),
    "of clicks on the top 1 % of videos": often[:len(often) // 100].sum() / often.sum(),
    "of videos never clicked": (often == 0).mean(),
    "correlation of popularity and true value": told})
teach.record(facts=facts.map("{:.2%}".format), told=told)
facts.to_frame("share").round(5)

# %% [markdown]
# <!--=facts[of the user-item matrix filled]-->?<!--/--> of the matrix is filled, and one video in a hundred takes <!--=facts[of clicks on the top 1 % of videos]-->?<!--/--> of the clicks. Nobody put that tail into the world: videos are drawn alike, and what is shown more is clicked more. Where the lot shows a video to anybody, its popularity correlates with its true value at <!--=told-->?<!--/-->. Popularity is a record of exposure.
#
# ### Where it stood
#
# Of two videos of equal worth the upper one is clicked more. Divide by how often a place is *looked at*. The raw click rate cannot tell: the policy puts better videos higher. The places filled by lot can.

# %%
raw = np.bincount(clicks.position) / np.bincount(town.events.position)
looked = town.world.truth(town.history)["true_examined"].to_numpy()
in_truth = np.bincount(town.events.position, looked) / np.bincount(town.events.position)
curves = pd.DataFrame({"click rate, raw": raw / raw[0], "by lot": town.looks,
                       "truth": in_truth / in_truth[0]}).set_axis(range(1, 11))
fig, ax = plt.subplots()
for name, colour in zip(curves, (figures.NAIVE, figures.OURS, figures.TRUTH), strict=True):
    ax.plot(curves[name], color=colour, label=name)
ax.set(xlabel="place on the page", ylabel="looks, the first place being 1", ylim=(0, 1))
figures.label_lines(ax)
figures.show(
    fig, "places",
    alt="Looks fall from 1 at the first place to a sixth at the tenth in truth; the "
    "curve measured by lot follows it, the raw click rate falls faster.",
    caption="What was drawn by lot measures how far people look. The raw click rate "
    "mixes it with the quality of what the policy put there.")

# %% [markdown]
# ### What was known that morning
#
# A ranker is told how often a video was clicked. By when? Take the counts of the whole log, as a `groupby` does, and each click stands among its own inputs. Here the same rows get the inputs of the last morning instead of their own.

# %%
shelf = inputs.shelf_on(town.known, town.items, town.viewers, towers, np.unique(rows.user))
leaked_early = video.as_seen_from(shelf, early)
leaked_late = video.as_seen_from(shelf, late)
leaky = net_training.fit(leaked_early)
shuffle = np.random.default_rng(5).permutation(len(rows.user)) < len(early.user)
by_lot = net_training.fit(rows.take(shuffle))
leaks = pd.Series({
    "counts of the whole log, promised": video.click_auc(leaky, leaked_late, town.looks),
    "counts of the whole log, delivered": video.click_auc(leaky, late, town.looks),
    "counts of the morning": video.click_auc(net, late, town.looks),
    "rows split by lot, promised": video.click_auc(by_lot, rows.take(~shuffle), town.looks)})
teach.record(leaks=leaks)
leaks.to_frame("AUC of clicks")

# %% [markdown]
# The leak promises <!--=leaks[counts of the whole log, promised]-->?<!--/--> and delivers <!--=leaks[counts of the whole log, delivered]-->?<!--/-->; honest counts give <!--=leaks[counts of the morning]-->?<!--/-->. A split by lot instead of by time promises <!--=leaks[rows split by lot, promised]-->?<!--/-->. In this package one walk over the days joins every example with what was known on its own morning, and the same code answers requests: there is no second implementation to disagree.
#
# (video-negatives)=
# ### What is a negative?
#
# Nobody says no to a video. A retrieval model needs examples of *no*, and each choice is a bet:
#
# - **in-batch**: other people's clicks in the same batch. Popular videos are punished for being popular;
# - **in-batch with logQ**: the same, minus the logarithm of how often each is drawn, which takes the punishment back ([Yi et al., 2019](#bib-yi2019));
# - **drawn evenly** from the catalogue: easy;
# - **passed over**: seen on the same page, above the last click, and not clicked: hard.
#
# Judge them on the morning of day 26, three ways. *Later clicks* is the recall at 100 of what these people clicked on the next two days, as in most papers. *Clicks by lot* counts only videos which the lot put there. And because this is our world: the *true worth* of the ten best among the hundred.

# %%
past = video.Town.of(world, world.history(26))
later = video.Later.of(past, town.events.take(town.events.day >= 26))
examples_26 = examples.tower_examples(past.events, past.items, past.viewers)
NONE = -1e9  # of weight for the videos passed over
plans = {"in-batch": dict(hard=NONE), "in-batch, logQ": dict(hard=NONE, log_q=True),
         "in-batch and even, logQ": dict(hard=NONE, log_q=True, even=512),
         "in-batch and passed over": {}}

def near(plan, **kind):
    fitted, _ = train(two_towers.Plan(epochs=2, **plan), past.items, examples_26)
    vectors = fitted.items(past.items, past.history.days)
    return sources.Near.exact(fitted, vectors, past.known, past.viewers)

negatives = {name: near(plan) for name, plan in plans.items()}

# %%
popular = sources.popular(past.known, past.items, past.viewers)
judged = pd.DataFrame({name: video.judge(past, later, source(later.user, 100))
                       for name, source in [*negatives.items(), ("popular", popular)]}).T
ahead = judged["true worth of best 10"] - judged.loc["in-batch", "true worth of best 10"]
teach.record(judged=judged, ahead=ahead, n_later=len(later.item), n_by_lot=int(later.by_lot.sum()))
judged

# %% [markdown]
# Read the first column and you choose popularity, then logQ: <!--=judged[in-batch, logQ, later clicks]-->?<!--/--> against <!--=judged[in-batch, later clicks]-->?<!--/--> without. Read the last one and both are wrong: the correction changes the true worth by <!--=ahead[in-batch, logQ]-->?<!--/-->, and the negatives that were passed over by <!--=ahead[in-batch and passed over]-->?<!--/-->. The folklore is not false. LogQ predicts *clicks in this log* better, and this log is what a popularity policy showed. A model that learns the policy is rewarded for it. Where exposure followed taste, both columns would agree.
#
# > **Decision.** In-batch negatives and those passed over, without logQ. We judge candidates by experiments and by what was drawn by lot, never by later clicks alone. Of <!--=n_later-->?<!--/--> later clicks only <!--=n_by_lot-->?<!--/--> are on draws, so that column is honest and blurred: exploration is what buys its sharpness.

# %% [markdown]
# ### The metric that samples
#
# To rank one later click among all videos costs a pass over the catalogue. Many papers rank it among a hundred drawn ones. Do three models keep their order?

# %%
counts = sources.click_matrix(past.events, len(past.viewers), len(past.items))
factors = sources.Factors.of(counts, width=32, weight=1, ridge=10, seed=0)
corrected = negatives["in-batch and even, logQ"]
asks = corrected.towers.of_users(past.known, past.viewers, corrected.vector, later.user)
speaks = past.viewers.language[later.user][:, None] == past.items.language
scores = {"popular in her language": past.known.trend * speaks,
          "factors": factors.users[later.user] @ factors.items.T,
          "towers with logQ": asks[:, 0] @ corrected.vector.T}
sampled = pd.DataFrame({
    name: {"among all": video.hit_rate(score, later),
           "among 100 drawn": video.hit_rate(score, later, among=100)}
    for name, score in scores.items()}).T
gap = sampled.loc["popular in her language"] - sampled.loc["factors"]
teach.record(sampled=sampled, gap=gap)
sampled

# %% [markdown]
# Among all videos, popularity and factors are level: the difference is <!--=gap[among all]-->?<!--/-->. Among a hundred drawn ones popularity wins by <!--=gap[among 100 drawn]-->?<!--/-->: a video drawn evenly is nearly always one that nobody watches, and whoever knows that much wins. The sampled metric asks an easier question, and asks it of some models more kindly than of others ([Krichene and Rendle, 2020](#bib-krichene2020)).
#
# ### How old is it?
#
# A video's **example age** is a feature of the item tower, so the model can learn that the new is clicked more, or less. At serving time [Covington et al. (2016)](#bib-covington2016) set it to zero: rank as if all were new. Try both.

# %%
born_today = replace(past.items, born=np.full_like(past.items.born, 26.0))
ours, aged = negatives["in-batch and passed over"], {}
for name, catalogue in [("age as it is", past.items), ("as if all were new", born_today)]:
    vectors = ours.towers.items(catalogue, 26.0)
    lists = replace(ours, vector=vectors, index=sources.flat(vectors))(later.user, 100)
    new = past.items.born[lists] > 26 - 3
    aged[name] = {"share of the last 3 days": video.mean_of(new.mean(axis=1), later.user),
                  "true worth of best 10": video.best_ten(past, later.user, lists)}
aged = pd.DataFrame(aged).T
teach.record(aged=aged)
aged

# %% [markdown]
# Here the trick does not pay. The share of new videos goes from <!--=aged[age as it is, share of the last 3 days]-->?<!--/--> to <!--=aged[as if all were new, share of the last 3 days]-->?<!--/-->, and the true worth from <!--=aged[age as it is, true worth of best 10]-->?<!--/--> to <!--=aged[as if all were new, true worth of best 10]-->?<!--/-->. Today's policy keeps a list of new videos, so newness in its log means *shown to everybody*, and the tower learned to hold it against a video. Fresh videos get a source of their own instead.
#
# > **Say this.** "My labels are what people did with pages that I chose. I keep one draw by lot on every page. It measures where people look, which videos nobody has tried, and whether my offline metric is about people or about my own policy."
#
# *Follow-up ladder.* **Mid**: clicks are positive, the rest negative. **Senior**: corrects for place, joins features as of the morning, and says what its negatives mean. **Staff**: asks which policy made the log before trusting any metric on it, and pays for exploration.

# %% [markdown]
# (fraud)=
# # Fraud detection
#
# It is 02:14. A card is tapped in a petrol station 900 km from where it bought groceries an hour ago. You have 50 milliseconds to say yes or no. Say no to an honest traveller and she leaves the card in a drawer. Say yes to a thief and you pay. Of the next ten thousand taps, one is a thief.
#
# Nobody will tell you today whether you were right. The chargeback comes in weeks, if it comes. If you say no, it never comes at all.

# %% [markdown]
# ## The prompt
#
# > "Design the system that decides, while the customer waits, whether to approve a card payment."
#
# **Core question.** How do you choose an action for every payment when the event is rare, the label is late and your own decision hides it?
#
# After this chapter you can:
#
# 1. turn a cost matrix into a policy with four actions, and defend each threshold in euros;
# 2. train and evaluate at a base rate of 1 in 10,000 without borrowing from the future, and price each leak;
# 3. serve the decision within 50 ms, name what breaks first, and say which failures you would notice before the chargebacks.
#
# > **Note.** Try it cold first. Close the page, take five minutes and write down your first six questions. Then compare.

# %%
import contextlib
import copy
import tempfile
import warnings
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from time import process_time

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from lightgbm import LGBMClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from sevensteps import estimate, measure, serve, teach, watch
from sevensteps.features import FEATURES, LiveFeatures, offline
from sevensteps.serve.load import closed_load, load
from sevensteps.serve.policy import ModelPolicy, Split, incumbent_rule
from sevensteps.serve.retraining import Logged, RetrainingPolicy
from sevensteps.teach import figures
from sevensteps.worlds import payments as pay

# %% [markdown]
# The world below has cardholders, merchants, thieves and a calendar. It holds <!--=n_payments-->10,200,000<!--/--> payments in 180 days, of which <!--=n_frauds-->953<!--/--> are fraud. You see what a company's warehouse would hold. The truth stays in a drawer that only the evaluation may open. What the world simplifies is listed in its [data card](https://github.com/seven-steps-book/seven-steps/blob/main/data/README.md).

# %%
figures.use_house_style()
pd.set_option("display.width", 100, "display.max_columns", 20)
world = pay.PaymentsWorld(scale="book", seed=7)
history = world.history(days=180)
truth = world.truth(history)  # the drawer
is_stolen = truth["true_is_fraud"].to_numpy()
teach.record(n_payments=len(is_stolen), n_frauds=int(is_stolen.sum()))
two = history.payments.slice(5_000_001, 2).to_pandas()
two.round(2).astype(str).T

# %% [markdown]
# (fraud-clarify)=
# ## Step 1 · Clarify
#
# *Minutes 0-8.* You are buying information. Ask what changes the design, and skip the rest.
#
# | you ask | the interviewer says | what it changes |
# |---|---|---|
# | Who pays when a fraud gets through? | We do: the amount and a fee. | the cost of a miss grows with the amount |
# | And when we stop an honest customer? | We lose the margin. Some never come back. | a false alarm has a price too |
# | Is it only yes or no? | No: allow, step-up, review or block. | four actions, three thresholds |
# | How many payments can analysts review? | Two in a thousand; 100 a day here. | precision at that budget, not at 0.5 |
# | How fast? | 50 ms at p99, at the network's own peak. | features must be precomputed or incremental |
# | When do we learn the truth? | By chargeback, weeks later. Never, if we blocked. | a gap before the test set; exploration |
# | What stands today? | One rule. It blocks large foreign payments online. | a baseline, and a bias in the labels |
# | What if we are down? | The payment must still be answered. | a fallback inside the deadline |
#
# The answers become two budgets. An **error budget** in euros says which mistakes you may make. A **latency budget** in milliseconds says when you must stop thinking.
#
# | objective | target | why |
# |---|---|---|
# | decision latency | p99 < 50 ms | the terminal waits for the whole chain |
# | answered within the deadline | all | a fallback counts as an answer, and is logged as one |
# | reviews | at most 100 a day | people, not machines |
# | net cost against the rule | lower, with its interval | the reason for the project |
#
# A **step-up** asks the customer for one more proof, such as a code from the bank's app. Here are the expected costs of the four actions, in euros. A negative cost is a margin earned.

# %%
costs = pay.Costs()
cases = pd.MultiIndex.from_product([[0.0001, 0.002, 0.02, 0.5], [20.0, 400.0]])
cases = cases.set_names(["p(fraud)", "amount"])
euros = measure.expected_costs(*zip(*cases, strict=True), costs)
pd.DataFrame(euros, cases, measure.ACTIONS).round(2)


# %% [markdown]
# Write $A$ for the amount and $p$ for the probability of fraud. Allowing costs $p(A+f)$ in losses, where $f$ is the chargeback fee. Blocking costs $(1-p)(mA + cv)$: the margin $m$, and a customer of value $v$ who leaves with probability $c$. Take the cheapest action ([Elkan, 2001](#bib-elkan2001)), and each amount gets its own thresholds.

# %%
def first_p(action, amount, p=np.geomspace(1e-5, 1, 20_000)):
    """The lowest probability at which an action is the cheapest."""
    chosen = measure.cheapest_actions(p, np.full(len(p), amount), costs) == action
    return p[chosen].min() if chosen.any() else np.nan


amounts = pd.Index([5, 30, 100, 400, 1_500], name="amount")
thresholds = pd.DataFrame(
    {name: [first_p(code, a) for a in amounts]
     for code, name in enumerate(measure.ACTIONS) if code}, index=amounts)
teach.record(step_up_at_30=f"{thresholds.step_up[30]:.2%}",
             block_at_30=f"{thresholds.block[30]:.0%}",
             block_at_1500=f"{thresholds.block[1500]:.0%}")
thresholds.round(4)

# %% [markdown]
# Nothing happens at 0.5. For a payment of 30 € a step-up pays from a probability of <!--=step_up_at_30-->0.13%<!--/-->, a block only from <!--=block_at_30-->53%<!--/-->. At 1,500 € the block begins at <!--=block_at_1500-->20%<!--/-->. A review never pays for small amounts: the analyst costs more than the loss.
#
# > **Predict.** The prompt's company takes 50 million payments a day from 45 million cards. How many requests a second must you serve at the peak? Commit before you run the next cell, or skip it.

# %%
teach.commit("peak", 1_000, "requests a second")

# %%
demand = estimate.Load(
    rate="50e6 payment/day", peak_factor=4 * 1.5, size="400 byte/payment",
    keys="45e6 card", key_size="2 kilobyte/card", service_time="2 ms",
    machine_price="60 EUR/month/machine", disk_price="0.02 EUR/gigabyte/month")
envelope = estimate.capacity(demand)
peak = envelope.loc["peak rate", "value"]
teach.record(peak=peak, store_gb=envelope.loc["online store", "value"],
             machines=envelope.loc["machines for headroom", "value"])
envelope

# %%
teach.reveal("peak", peak)

# %% [markdown]
# The evening peak is four times the mean, and December adds half again. That makes <!--=peak-->3,470<!--/--> requests a second, an online store of <!--=store_gb-->135<!--/--> GB and <!--=machines-->7<!--/--> small machines. None of it is large. The hard parts of this system are labels and milliseconds, not volume. The prices of a machine and a gigabyte are assumptions; change them in the cell.
#
# > **Say this.** "Before I design anything: a miss costs the amount plus a fee, a false alarm costs a margin and perhaps a customer. So I minimise euros per payment under a review budget and a 50 ms deadline. Accuracy will not appear again."
#
# *Follow-up ladder.* **Mid**: lists the four actions. **Senior**: derives a threshold from costs and says that it moves with the amount. **Staff**: asks who owns each number in the cost matrix, and what happens on the day that finance changes one.

# %% [markdown]
# (fraud-frame)=
# ## Step 2 · Frame
#
# *Minutes 8-12.* Objective → task → label.
#
# - **Objective**: euros lost per payment, all costs included.
# - **Task**: the probability that this payment will be charged back as fraud, given what is known at this second.
# - **Label**: a fraud chargeback. It is late, incomplete and sometimes wrong.
#
# A **proxy label** stands in for what you want. Here the proxy misses fraud that nobody reports. It also counts an honest customer who disputes a purchase as a thief's victim. Keep both facts for Step 5.
#
# You could rank payments by probability and send the top of the list to analysts. Or you could let the costs choose among four actions, so that a likely theft of 3 € yields its place to a possible theft of 900 €. Both framings use the same model. The league table of Step 5 runs both in the world. Here is what it will find, in euros a day against the rule that stands today:
#
# | framing | euros a day against the rule | verdict |
# |---|---|---|
# | rank by probability, review the top 100 | <!--=live_rank-->1,250 [1,020, 1,490]<!--/--> | simple to explain, blind to amounts |
# | **cheapest of four actions** | <!--=live_trees-->1,600 [1,400, 1,800]<!--/--> | ours |
# | anomaly detection without labels, review the top 100 | <!--=live_odd-->902 [776, 1,020]<!--/--> | finds the strange, and most of the strange is honest |
# | regress the loss in euros | not run | a few large frauds dominate the fit |
#
# > **Decision.** Predict a probability and let the costs choose the action. On the same people and the same luck it earns <!--=framing_gain-->353 [259, 471]<!--/--> € a day more than ranking. The price: calibration becomes a requirement that you must monitor.
#
# > **Say this.** "I keep the probability and the decision apart. The model estimates, the cost matrix decides. When finance changes a fee, I change a number and retrain nothing."
#
# *Follow-up ladder.* **Mid**: binary classification. **Senior**: asks what the label misses, and prefers a calibrated probability to a score. **Staff**: points out that a decision changes the label it will be judged by.

# %% [markdown]
# (fraud-data)=
# ## Step 3 · Data
#
# *Minutes 12-20.* Most fraud systems that disappoint do so here. Six methods of theft run in campaigns. Honest people travel, change phones and buy one large thing a year. They look guilty. That overlap, not volume, sets the ceiling.

# %%
method = pay.codes_or_values(truth["true_method"])
amount_all = history.column("amount")
stolen_by = pd.DataFrame({
    "method": np.array(pay.METHODS)[method[is_stolen]],
    "euros": amount_all[is_stolen].astype(float)})
teach.record(accuracy=f"{1 - is_stolen.mean():.3%}")
stolen_by.groupby("method")["euros"].agg(["count", "mean", "max"]).round()

# %% [markdown]
# A model that always answers "honest" is right <!--=accuracy-->99.991%<!--/--> of the time and saves nothing. Accuracy is an opinion about the majority.
#
# (fraud-labels)=
# ### Labels arrive late
#
# How late? Join the chargebacks to their payments.

# %%
complaints = history.payments.join(
    history.chargebacks, "payment_id", join_type="inner").to_pandas()
delay = (complaints["reported_at"] - complaints["paid_at"]) / pay.DAY
teach.record(delay_median=delay.median(), delay_p90=delay.quantile(0.9),
             reported=len(delay))
age = np.arange(0, 121)
fig, ax = plt.subplots()
ax.plot(age, [(delay <= a).mean() for a in age], color=figures.TRUTH)
ax.set(xlabel="age of the payment, days", ylabel="share of chargebacks received")
figures.show(
    fig, "label-maturity",
    alt="The share of chargebacks received rises from 0 to one half at about "
    "16 days and to nine tenths at about 47 days; the tail reaches 120 days.",
    caption="Half of the chargebacks arrive after more than two weeks. The newest "
    "payments look honest because nobody has complained yet.")

# %% [markdown]
# The median chargeback takes <!--=delay_median-->16.1<!--/--> days; one in ten takes longer than <!--=delay_p90-->47.4<!--/-->. Labels of recent payments are **unmatured**. So leave a gap: train on payments until day 129, with the labels known on the morning of day 150, and test from day 150 on. The test set's labels are those that ever arrive.
#
# ```{diagram} fraud-service
# :alt: Request path of a fraud service. The payment gateway calls the decision service, which reads features from the online store, a score from the model server, answers with an action and logs each decision. Chargebacks arrive weeks late and become labels; labels and logged payments become offline features, training and a model file in the registry.
# The path of one payment is solid. The slow loop that teaches the model is dashed.
# ```

# %% [markdown]
# (fraud-leaks)=
# ### Features at the moment of payment
#
# A **point-in-time** feature uses only what was known strictly before the payment. The package computes 31 of them in Ibis on DuckDB, over every payment: how often this card paid in the last hour, whether it has seen this device, how risky the merchant looked last midnight. Windows end one second before the payment, so payments of the same second never see each other. Chargebacks count from the day they were *reported*.
#
# Every payment is an event in its neighbours' windows. But few rows are needed as answers: all frauds, one honest payment in twenty for training, and the whole test month.

# %%
RATE = 0.05  # of the honest payments kept for training
def labels(payment_id, by_day):
    """Which payments have been charged back by the morning of a day."""
    told = complaints["payment_id"][complaints["reported_at"] < by_day * pay.DAY]
    return np.isin(payment_id, told)


day = history.column("paid_at") // pay.DAY
drawn = np.random.default_rng(7).random(len(day)) < RATE
ever = labels(history.column("payment_id"), by_day=10_000)
keep = (day >= 30) & (drawn | ever | (day >= 150))
table = offline(history, keep=keep)

# %%
X = np.column_stack([table[name] for name in FEATURES])
day, ever, drawn, stolen, method = (
    a[keep] for a in (day, ever, drawn, is_stolen, method))
known = labels(table["payment_id"].to_numpy(), by_day=150)
amount = X[:, FEATURES.index("amount")].astype(float)
train, test = (day < 129) & (drawn | known), day >= 150
teach.record(n_train=int(train.sum()), n_train_frauds=int(known[train].sum()),
             n_test=int(test.sum()), n_test_frauds=int(ever[test].sum()),
             frauds_a_day=ever[test].sum() / 30)
pd.Series({"training rows": train.sum(), "known frauds": known[train].sum(),
           "test rows": test.sum(), "test frauds": ever[test].sum()}, name="n")

# %% [markdown]
# You have <!--=n_train_frauds-->502<!--/--> frauds to learn from and <!--=n_test_frauds-->151<!--/--> to be judged by. Expect wide intervals, and distrust whoever shows none. From here on, every interval resamples whole days, since frauds come in campaigns.
#
# To compare many models quickly, the next cells score all test frauds and a fifth of the honest test payments, each standing for five.

# %%
BASE = dict(n_estimators=100, num_leaves=15, min_sum_hessian_in_leaf=5.0,
            random_state=7, n_jobs=2, deterministic=True, force_row_wise=True,
            verbose=-1)
few = test & (ever | (np.random.default_rng(8).random(len(day)) < 0.2))


def ap(score, on=few):
    """Average precision at the true base rate, with a day-block interval."""
    weight = np.where(ever[on], 1.0, 5.0)
    return measure.average_precision(score, ever[on], day[on], weight=weight)


def trees(**changes):
    return LGBMClassifier(**(BASE | changes))


# %% [markdown]
# Now four ways to prepare the same data. A **random split** trains on days that the test is drawn from, so the campaign that it is asked about is already in its training set. **No gap** trains up to yesterday and calls the unreported honest. **Risk by `groupby`** divides each merchant's chargebacks by its payments over the whole table. It is one innocent line, and it contains the payment's own label. **Delay ignored** counts a chargeback from the day after the payment.

# %%
shop = history.column("merchant_id")
all_time = np.bincount(complaints["merchant_id"], minlength=shop.max() + 1) + 0.1
all_time = (all_time / (np.bincount(shop) + 1_000))[shop[keep]]
undelayed = offline(history, keep=keep, labels="leaking", only=["merchant_risk_90d"])
undelayed = undelayed["merchant_risk_90d"].to_numpy()
half = np.random.default_rng(9).random(len(day)) < 0.5


def with_risk(risk):
    return np.column_stack([np.delete(X, FEATURES.index("merchant_risk_90d"), 1), risk])


def fit_ap(rows, y, x=X, served=None, on=few):
    model = trees().fit(x[rows], y[rows])
    served = x if served is None else served
    return ap(model.predict_proba(served[on])[:, 1], on)


# %%
honest_risk = with_risk(X[:, FEATURES.index("merchant_risk_90d")])
by_group, by_payment = with_risk(all_time), with_risk(undelayed)
mixed = (day >= 51) & (half | (day < 129)) & (drawn | ever)
plain = fit_ap(train, known)
leaks = pd.DataFrame({
    "out of time": {"promised": plain, "delivered": plain},
    "random split": {"promised": fit_ap(mixed, ever, on=few & ~half),
                     "delivered": fit_ap(train, known, on=few & ~half)},
    "no label gap": {"promised": fit_ap((day < 150) & (drawn | ever), ever),
                     "delivered": fit_ap((day < 150) & (drawn | known), known)},
    "risk by groupby": {
        "promised": fit_ap(train, known, by_group),
        "delivered": fit_ap(train, known, by_group, honest_risk)},
    "delay ignored": {
        "promised": fit_ap(train, known, by_payment),
        "delivered": fit_ap(train, known, by_payment, honest_risk)},
}).T
leaks["price"] = leaks["promised"] - leaks["delivered"]
leaks

# %% [markdown]
# Read the table row by row. *Promised* is what the notebook shows the day before the launch; *delivered* is the same idea served honestly. The price is their paired difference.
#
# - Risk by `groupby` looks like the best model of your career, at <!--=groupby_promised-->0.384<!--/-->. Served with what is really known it delivers <!--=groupby_delivered-->0.0559<!--/-->. The trees learned to read their own answer.
# - The random split costs <!--=random_price-->0.00848 [-0.0368, 0.0709]<!--/-->, ignoring the delay <!--=delay_price-->0.00764 [-0.0140, 0.0255]<!--/-->, unmatured labels <!--=gap_price-->-0.0384 [-0.0797, -0.00452]<!--/-->. The folklore says that each of these must hurt. Two intervals span zero, and unmatured labels even win by a hair; a likely reason is that friendly fraud, the latest to be reported, teaches a model nothing. With <!--=n_test_frauds-->151<!--/--> test frauds you cannot see harm here. Features describe behaviour and not identity, so a campaign seen in training helps little, and merchant risk is a weak feature. Keep the time split and the gap all the same: without them you could not even have asked.

# %%
teach.record(random_price=leaks.price["random split"],
             groupby_promised=leaks.promised["risk by groupby"].estimate,
             groupby_delivered=leaks.delivered["risk by groupby"].estimate,
             delay_price=leaks.price["delay ignored"],
             gap_price=leaks.price["no label gap"])
teach.claim("A merchant's risk by groupby promises more than it delivers",
            leaks.price["risk by groupby"], above=0)


# %% [markdown]
# > **Warning.** A leak never looks like a bug. It looks like a good week. When one feature brings more than you hoped, ask what time it was.
#
# > **Decision.** Split by time with a label gap, and compute every feature as of the second before the payment. The price is a model that is three weeks older.
#
# ### Missing values
#
# Three kinds, three treatments. The country of an IP address is lost by a flaky lookup: **missing completely at random**. The address check is absent for foreign merchants: **missing at random**, since you see the country. A device is hidden because its owner hides it: **missing not at random**, and the gap itself is evidence. Trees can route a gap natively. A linear model needs a number: the median, and perhaps an indicator that it was missing.
#
# Scaling follows the same rule: ask who needs it. Trees split on order, so they do not. A linear model does.

# %%
def signed_log(x):
    return np.sign(x) * np.log1p(np.abs(x))


fill = partial(SimpleImputer, strategy="median")


def scale():
    return FunctionTransformer(signed_log), StandardScaler()

warnings.filterwarnings("ignore", category=Warning, module="sklearn")


def linear(*steps):
    return make_pipeline(*steps, LogisticRegression(max_iter=200))


recipes = {
    "trees, native": trees(),
    "trees, median": make_pipeline(fill(), trees()),
    "trees, median and indicator": make_pipeline(fill(add_indicator=True), trees()),
    "linear, median, raw units": linear(fill()),
    "linear, median, standardised": linear(fill(), StandardScaler()),
    "linear, median, log and standardised": linear(fill(), *scale()),
    "linear, median, indicator, log": linear(fill(add_indicator=True), *scale()),
}

# %%
fitted = {name: model.fit(X[train], known[train]) for name, model in recipes.items()}
missing = {name: ap(m.predict_proba(X[few])[:, 1]) for name, m in fitted.items()}
teach.record(ap_raw=missing["linear, median, raw units"].estimate,
             ap_standard=missing["linear, median, standardised"].estimate,
             ap_log=missing["linear, median, log and standardised"].estimate)
teach.claim("A linear model on raw units finds almost nothing",
            missing["linear, median, raw units"], below=0.02)
pd.Series(missing, name="average precision").to_frame()

# %% [markdown]
# For trees the three treatments are equal within their intervals, so take the native one. For the linear model the units decide everything: <!--=ap_raw-->0.000141<!--/--> on raw units, <!--=ap_standard-->0.116<!--/--> standardised, <!--=ap_log-->0.197<!--/--> with a logarithm first. Amounts, counts and seconds have long tails, and a straight line cannot follow a tail.
#
# > **Say this.** "Every feature is computed as of the second before the payment, by one definition, offline and online. I will show you the test that compares them row by row."
#
# *Follow-up ladder.* **Mid**: splits by time. **Senior**: names the label gap and the day on which a chargeback became known. **Staff**: asks which features depend on our own past decisions, and logs features at decision time so that the question never arises.

# %% [markdown]
# (fraud-model)=
# ## Step 4 · Model
#
# *Minutes 20-27.* Start with the design that everybody tries, and see what it costs.
#
# (fraud-tempting)=
# ### The tempting wrong design
#
# "Gradient boosting wins on tables, so take the library's defaults." You do. The linear model reached <!--=ap_log-->0.197<!--/-->.
#
# > **Predict.** What average precision will boosted trees with default settings reach?

# %%
teach.commit("default", 0.3, "average precision")

# %%
default = LGBMClassifier(random_state=7, n_jobs=2, verbose=-1, deterministic=True,
                         force_row_wise=True).fit(X[train], known[train])
unbalanced = trees(min_sum_hessian_in_leaf=1e-3, is_unbalance=True)
unbalanced.fit(X[train], known[train])
ap_default = ap(default.predict_proba(X[few])[:, 1])
ap_unbalanced = ap(unbalanced.predict_proba(X[few])[:, 1])
teach.record(ap_default=ap_default, ap_unbalanced=ap_unbalanced)
teach.reveal("default", ap_default.estimate)

# %% [markdown]
# It reaches <!--=ap_default-->0.00155 [0.000787, 0.00303]<!--/-->. It is not tuned badly. It *collapsed*, and the library said nothing.
#
# Look at what a leaf does. It steps by the sum of its gradients over the sum of its Hessians. An honest payment predicted at $p$ adds only $p(1-p)$ to that Hessian. So a leaf of twenty payments with one fraud among them takes an enormous step in log-odds. The next tree starts from wreckage. Watch the largest raw score, round by round.

# %%
fig, (left, right) = plt.subplots(1, 2, figsize=(8, 3.2))
rounds = [1, 2, 3, 5, 10, 20, 50, 100]
for model, name, colour in [(default, "default", figures.NAIVE),
                            (fitted["trees, native"], "repaired", figures.OURS)]:
    raw = [model.predict(X[few], raw_score=True, num_iteration=k) for k in rounds]
    left.plot(rounds, [np.abs(r).max() for r in raw], color=colour, label=name)
    right.plot(rounds, [ap(r).estimate for r in raw], color=colour, label=name)
left.set(xscale="log", yscale="log", xlabel="trees", ylabel="largest |log-odds|")
right.set(xscale="log", xlabel="trees", ylabel="average precision")
figures.label_lines(left)
figures.label_lines(right)
figures.show(
    fig, "collapse",
    alt="Left: with default settings the largest raw score explodes within a few "
    "trees; repaired it stays small. Right: the default's average precision falls "
    "to nearly zero while the repaired one rises.",
    caption="With default settings one leaf's step explodes and later trees start "
    "from wreckage. A floor under the Hessian in a leaf repairs it.")

# %% [markdown]
# Demand real evidence per leaf, with `min_sum_hessian_in_leaf=5`, and the same library reaches <!--=ap_trees-->0.297<!--/-->. The repair is one parameter. Finding it needed one look at the raw scores.
#
# > **Warning.** The popular cure, `is_unbalance=True`, reaches <!--=ap_unbalanced-->0.000567 [0.000286, 0.000956]<!--/-->. It multiplies the rare gradients and makes the explosion larger.
#
# (fraud-ladder)=
# ### The ladder
#
# One change at a time. Each rung shows what it buys on the whole test month and what it costs to train and to score.

# %%
from sklearn.ensemble import IsolationForest
from sklearn.neural_network import MLPClassifier

network = MLPClassifier((64, 32), batch_size=2_048, max_iter=6, random_state=7)
zoo = {
    "linear": linear(fill(add_indicator=True), *scale()),
    "trees": trees(),
    "large trees": trees(n_estimators=150, num_leaves=63, learning_rate=0.05),
    "neural network": make_pipeline(fill(add_indicator=True), *scale(), network),
    "isolation forest": make_pipeline(
        fill(), IsolationForest(n_estimators=50, random_state=7)),
}


def suspicion(model, x):
    """Higher is more suspicious, whatever the model calls it."""
    anomaly = isinstance(model[-1], IsolationForest) if hasattr(model, "steps") else 0
    return -model.score_samples(x) if anomaly else model.predict_proba(x)[:, 1]


# %% tags=["nbval-ignore-output"]
seconds = {}
for name, model in zoo.items():
    begun = process_time()
    model.fit(X[train], known[train])
    trained = process_time()
    suspicion(model, X[few])
    seconds[name] = {"train, CPU-s": trained - begun,
                     "score, µs": 1e6 * (process_time() - trained) / few.sum()}
cost = pd.DataFrame(seconds).T
cost.round(1)

# %%
scores = {name: suspicion(model, X[test]) for name, model in zoo.items()}
large = (amount > 900) & (X[:, FEATURES.index("is_foreign")] == 1)
large &= X[:, FEATURES.index("is_online")] == 1
scores["the rule"] = large[test].astype(float)
card = measure.scorecard(scores, ever[test], day[test], per_day=100)
gain = card.loc["trees"] - card.loc["linear"]
teach.record(ap_trees=card["average precision"]["trees"].estimate,
             gain_ap=gain["average precision"], gain_recall=gain["recall"],
             recall_trees=card["recall"]["trees"],
             large_gain=(card.loc["large trees"] - card.loc["trees"])[
                 "average precision"])
card[["average precision", "recall"]]

# %% [markdown]
# The trees beat the linear model by <!--=gain_ap-->0.0800 [0.00164, 0.174]<!--/--> of average precision, and by <!--=gain_recall-->0.0795 [0.0355, 0.150]<!--/--> of recall at 100 alerts a day. The larger trees change it by <!--=large_gain-->-0.0161 [-0.0511, 0.0261]<!--/-->. Is linear enough? Ask in money, not in points: the league table of Step 5 will answer.
#
# > **Decision.** Boosted trees of modest size. The linear model stays as the challenger that must be beaten. The large trees cost several times the training and scoring, and buy nothing that this test can see. Nor does the network.

# %% [markdown]
# (fraud-imbalance)=
# ### Imbalance: resample, reweight or leave it alone
#
# Resampling changes the base rate that the model believes in. Ranking may survive it, and probabilities do not. If a share $\beta$ of the honest payments was kept, the base rate comes back by ([Dal Pozzolo et al., 2015](#bib-dalpozzolo2015))
#
# $$p = \frac{\beta\, p_s}{\beta\, p_s + 1 - p_s}.$$
#
# The table trains one treatment a row on the same rows, and puts no prior back except where it says so.

# %%
from imblearn.ensemble import BalancedRandomForestClassifier, EasyEnsembleClassifier
from imblearn.over_sampling import SMOTE
from imblearn.under_sampling import RandomUnderSampler

x, y = X[train], known[train]
n_frauds, n_honest = y.sum(), (~y).sum()
even = RandomUnderSampler(random_state=7).fit_resample(np.arange(len(y))[:, None], y)
even = even[0].ravel()
fifth = np.flatnonzero(y | (np.random.default_rng(5).random(len(y)) < 0.2))
synthetic = SMOTE(sampling_strategy=0.05, random_state=7).fit_resample(
    fill().fit_transform(x), y)
forest = BalancedRandomForestClassifier(
    n_estimators=50, sampling_strategy="all", replacement=True, bootstrap=False,
    random_state=7, n_jobs=2)
small = trees(min_sum_hessian_in_leaf=1e-3)
treatments = {  # model, rows, labels, share of the honest kept
    "5 % of the honest, prior put back": (trees(), x, y, RATE),
    "5 %, prior not put back": (trees(), x, y, 1.0),
    "1 %, prior put back": (trees(), x[fifth], y[fifth], RATE / 5),
    "1:1, prior put back": (small, x[even], y[even], RATE * n_frauds / n_honest),
    "class weights": (trees(scale_pos_weight=1 / RATE), x, y, 1.0),
    "SMOTE to 5 %": (make_pipeline(fill(), trees()), *synthetic, 1.0),
    "balanced forest": (make_pipeline(fill(), forest), x, y, 1.0),
    "EasyEnsemble": (make_pipeline(fill(), EasyEnsembleClassifier(
        n_estimators=10, random_state=7, n_jobs=2)), x, y, 1.0),
}


# %%
def euros_a_day(p, on=few):
    """Offline estimate against allowing everything: what the four actions save."""
    action = measure.cheapest_actions(p, amount[on], costs)
    bills = [measure.bill(a, ever[on], amount[on], costs) for a in (0 * action, action)]
    saved = [b.drop(columns="margin").sum(axis=1) - b["margin"] for b in bills]
    return float((saved[0] - saved[1]) @ np.where(ever[on], 1, 5) / 30)


def judged(model, rows, y, kept):
    p = measure.prior_correction(model.fit(rows, y).predict_proba(X[few])[:, 1], kept)
    predicted = p @ np.where(ever[few], 1, 5)
    return {"average precision": ap(p),
            "predicted / actual": predicted / ever[few].sum(),
            "€ a day": euros_a_day(p)}


imbalance = pd.DataFrame({k: judged(*v) for k, v in treatments.items()}).T
imbalance.round(2)

# %%
put_back, as_is = imbalance["€ a day"].iloc[:2]
worst_ratio = imbalance["predicted / actual"].max()
teach.record(
    put_back=put_back, as_is=as_is, worst_ratio=worst_ratio,
    one_to_one=imbalance["average precision"]["1:1, prior put back"].estimate,
    smote=imbalance["average precision"]["SMOTE to 5 %"].estimate,
    under_ratio=imbalance["predicted / actual"].iloc[0])
teach.claim("Putting the prior back is worth money every day",
            put_back - as_is, above=100)


# %% [markdown]
# Three lessons. *Ranking*: from 5 % down to one honest payment for each fraud, average precision falls to <!--=one_to_one-->0.0371<!--/-->: frauds are all kept, but the honest payments that look like them are gone. *Calibration*: without the prior, forests and ensembles predict up to <!--=worst_ratio-->4,900<!--/--> times the frauds that exist. *Money*: the same trees save <!--=put_back-->373<!--/--> € a day with the prior put back and <!--=as_is-->-179<!--/--> € without.
#
# > **Decision.** Keep all frauds and 5 % of the honest payments, then put the prior back. Synthetic frauds reach <!--=smote-->0.249<!--/-->, no more, and break the probabilities.
#
# > **Say this.** "Imbalance is not a disease to be cured by balance. I resample to save compute, I correct the prior, and I choose the threshold from costs."
#
# *Follow-up ladder.* **Mid**: proposes trees and class weights. **Senior**: starts linear, corrects the prior, looks at raw scores. **Staff**: asks how many frauds the next model would need before its gain could be measured at all.

# %% [markdown]
# (fraud-evaluate)=
# ## Step 5 · Evaluate
#
# *Minutes 27-34.* Offline numbers are forecasts. This world lets you check the forecast.
#
# (fraud-metrics)=
# ### What a metric hides

# %%
class Probability:
    """A model's probability of fraud at the true base rate: (n, F) -> (n,)."""

    def __init__(self, model, kept=RATE):
        self.model, self.kept = model, kept

    def __call__(self, x):
        if not len(x):
            return np.zeros(0)
        return measure.prior_correction(self.model.predict_proba(x)[:, 1], self.kept)


p = measure.prior_correction(scores["trees"], RATE)
honest_p = np.sort(p[~ever[test]])
fpr = np.array([1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1.0])
cut = np.quantile(honest_p, 1 - fpr)
recall = np.array([(p[ever[test]] >= c).mean() for c in cut])
wrong = fpr * len(honest_p) / 30
teach.record(roc_auc=card["ROC AUC"]["trees"], wrong_at_1pct=wrong[3],
             precision_trees=card["precision"]["trees"])
pd.DataFrame({"false-positive rate": fpr, "recall": recall,
              "honest people stopped a day": wrong,
              "precision": recall * ever[test].sum() / 30 / (
                  recall * ever[test].sum() / 30 + wrong)}).round(5)

# %% [markdown]
# The same scores give a ROC area of <!--=roc_auc-->0.898 [0.839, 0.940]<!--/--> and a precision of <!--=precision_trees-->0.0303 [0.0157, 0.0500]<!--/--> at the review budget. Both are correct. A false-positive rate of 1 % sounds small. Here it means <!--=wrong_at_1pct-->569<!--/--> honest people a day, against <!--=frauds_a_day-->5.03<!--/--> reported thefts ([Saito and Rehmsmeier, 2015](#bib-saito2015)). So use average precision to compare rankings, recall at the review budget to speak with the analysts, and euros to decide.
#
# (fraud-calibration)=
# ### Calibration and slices

# %%
bins = measure.reliability(p, ever[test], bins=8)
ratio = measure.calibration_ratio(p, ever[test], day[test])
teach.record(calibration=ratio)
fig, ax = plt.subplots(figsize=(4.4, 3.6))
bars = [bins["observed"] - bins["low"], bins["high"] - bins["observed"]]
ax.errorbar(bins["predicted"], bins["observed"].clip(1e-6), yerr=bars, fmt="o",
            color=figures.OURS)
ax.plot([1e-6, 1], [1e-6, 1], color=figures.TRUTH)
ax.set(xscale="log", yscale="log", xlabel="predicted", ylabel="observed",
       xlim=(1e-6, 1), ylim=(1e-6, 1))
figures.show(
    fig, "calibration",
    alt="Observed against predicted fraud rates in eight bins, from one in a hundred "
    "thousand to one half: the points lie near the diagonal, mostly above it.",
    caption="Over five orders of magnitude the corrected probabilities lie near the "
    "diagonal, a little too low. Bars are exact binomial intervals.")

# %% [markdown]
# Costs multiply probabilities, so a model that says 2 % must be right 2 % of the time. Ours predicts <!--=calibration-->0.748 [0.623, 0.988]<!--/--> frauds for each real one: somewhat too few. The trees saw campaigns in training that the test month does not repeat. Now the slices. Someone lives in each.

# %%
new = X[test, FEATURES.index("account_age_days")] < 180
away = X[test, FEATURES.index("is_foreign")] == 1
slices = {
    "new cardholder": new, "old cardholder": ~new, "paid abroad": away,
    "paid at home": ~away,
    **{f"method: {m}": method[test] == i for i, m in enumerate(pay.METHODS) if i},
}
caught = measure.alerts(p, day[test], per_day=100)
share = {}
for name, of in slices.items():
    n, hit = int(stolen[test][of].sum()), int((caught & stolen[test])[of].sum())
    low, high = measure.binomial_interval(hit, max(n, 1))
    share[name] = {"frauds": n, "recall": hit / n if n else np.nan,
                   "low": float(low), "high": float(high)}
by_slice = pd.DataFrame(share).T.query("frauds > 0")
teach.record(recall_friendly=by_slice.recall["method: friendly"],
             recall_lost=by_slice.recall["method: lost_stolen"],
             recall_takeover=by_slice.recall["method: takeover"])
by_slice.round(2)

# %% [markdown]
# By method of theft, recall runs from <!--=recall_takeover-->0.941<!--/--> for account takeover to <!--=recall_lost-->0.069<!--/--> for lost cards and <!--=recall_friendly-->0<!--/--> for friendly fraud. An honest customer who disputes looks honest until the dispute, because he is.
#
# How good could anybody be? An **oracle** gets what only the world knows: the true labels of the training days, and whether the card is in a thief's hands, the holder is travelling, or the phone is new. It sees the state, not the answer.

# %%
hidden = ["true_compromised", "true_travelling", "true_new_device"]
state = np.column_stack([truth[c].to_numpy()[keep] for c in hidden])
seen = np.column_stack([X, state])
rows = (day < 129) & (drawn | stolen)
oracle = trees().fit(seen[rows], stolen[rows])
weight = np.where(stolen[few] | ever[few], 1.0, 5.0)
ceiling = measure.average_precision(
    oracle.predict_proba(seen[few])[:, 1], stolen[few], day[few], weight=weight)
teach.record(ceiling=ceiling)
ceiling

# %% [markdown]
# The oracle reaches <!--=ceiling-->0.845 [0.724, 0.925]<!--/-->. It estimates the **Bayes ceiling** of this world from below. You are not at <!--=ap_trees-->0.297<!--/--> of 1. You are at <!--=ap_trees-->0.297<!--/--> of that. The gap is knowledge that you do not have, not a model that you did not try.
#
# (fraud-league)=
# ### The league table
#
# Now let every candidate decide for 14 days in the world. Each meets the same people with the same luck: a **counterfactual twin**. The reference is the rule that stands today.
#
# > **Predict.** Rank the candidates by average precision. How well will that ranking agree with euros earned, as a rank correlation between -1 and 1?

# %%
teach.commit("rank correlation", 0.8)

# %%
warm = LiveFeatures(history)
cheapest = partial(measure.cheapest_actions, costs=costs)
Model = partial(ModelPolicy, decide=cheapest)
tops = {k: np.quantile(scores[k], 1 - 3_000 / test.sum())
        for k in ("trees", "isolation forest")}


def review_top(name):
    """Send what the month's hundred highest a day would be to the analysts."""
    return lambda score, amount: np.where(score >= tops[name], 2, 0).astype(np.int8)


candidates = {
    "the rule": (incumbent_rule, "the rule"),
    "trees, cheapest action": (Model(None, Probability(zoo["trees"])), "trees"),
    "trees, review the top": (Model(None, partial(suspicion, zoo["trees"]),
                              decide=review_top("trees")), "trees"),
    "trees, prior not put back": (Model(None, Probability(zoo["trees"], 1.0)), "trees"),
    "linear, cheapest action": (Model(None, Probability(zoo["linear"])), "linear"),
    "isolation forest, review the top": (
        Model(None, partial(suspicion, zoo["isolation forest"]),
              decide=review_top("isolation forest")), "isolation forest"),
}


# %%
def launch(policy, days=14):
    """Fourteen days in production; each policy keeps its own features."""
    if hasattr(policy, "live"):
        policy.live = copy.deepcopy(warm)
    return world.live(policy, days=days, seed=1, history=history)


with ThreadPoolExecutor(2) as pool:
    outcomes = dict(zip(candidates, pool.map(
        launch, [policy for policy, _ in candidates.values()]), strict=True))
nobody_stopped = launch(lambda batch, view: np.zeros(len(batch), np.int8))
base = outcomes["the rule"].daily()["net"].to_numpy()
draw = np.random.default_rng(0).integers(0, len(base), (2_000, len(base)))


def against_rule(outcome):
    """Euros a day more than under the rule: paired by day, resampled by day."""
    more = outcome.daily()["net"].to_numpy() - base
    return measure.Interval.of(more[draw].mean(axis=1), more.mean(), resampling="days")


league = pd.DataFrame({
    name: {"average precision": card["average precision"][score].estimate,
           "€ a day": against_rule(outcomes[name])}
    for name, (_, score) in candidates.items()}).T
league

# %%
agreement = measure.rank_correlation(
    league["average precision"].astype(float),
    [i.estimate for i in league["€ a day"]])
live = league["€ a day"]
teach.record(
    rank_correlation=agreement.rho, live_trees=live["trees, cheapest action"],
    live_rank=live["trees, review the top"],
    live_linear=live["linear, cheapest action"],
    live_odd=live["isolation forest, review the top"],
    live_prior=live["trees, prior not put back"],
    live_allow=against_rule(nobody_stopped),
    framing_gain=live["trees, cheapest action"] - live["trees, review the top"],
    tree_gain=live["trees, cheapest action"] - live["linear, cheapest action"])
teach.claim("The same ranking earns less when the prior is not put back",
            live["trees, cheapest action"] - live["trees, prior not put back"], above=0)
teach.reveal("rank correlation", agreement.rho.estimate)

# %%
fig, ax = plt.subplots()
for name, row in league.iterrows():
    money = row["€ a day"]
    x_at = max(row["average precision"], 2e-4)
    ax.errorbar(x_at, money.estimate, fmt="o", color=figures.OURS, yerr=[
        [money.estimate - money.low], [money.high - money.estimate]])
    ax.annotate(name, (x_at, money.estimate), xytext=(-6, 6), ha="right",
                textcoords="offset points")
ax.axhline(0, color=figures.NAIVE, linewidth=1)
ax.set(xscale="log", xlim=(1e-7, 1), xlabel="average precision, offline",
       ylabel="€ a day against the rule, online")
figures.show(
    fig, "league",
    alt="Euros a day online against average precision offline for six candidates. "
    "Three candidates share one average precision and differ widely in euros.",
    caption="One average precision, three different amounts of money: the decision "
    "matters as much as the model.")

# %% [markdown]
# The rank correlation is <!--=rank_correlation-->0.698 [-0.378, 0.972]<!--/-->: from six candidates you can hardly conclude anything, which is the usual state of affairs. The table says more. The same trees, with the same average precision, earn <!--=live_trees-->1,600 [1,400, 1,800]<!--/--> € a day with the cheapest action, <!--=live_rank-->1,250 [1,020, 1,490]<!--/--> with a review of the top, and <!--=live_prior-->1,060 [835, 1,300]<!--/--> when somebody forgets to put the prior back. Now look at the pair that crosses. The linear model has the *worse* metric than those last trees and earns <!--=live_linear-->1,470 [1,270, 1,660]<!--/-->. The better metric loses money because average precision knows the order only. The action also needs the level.
#
# The first row holds the largest surprise. The rule that stands today is worse than no rule: allowing everything earns <!--=live_allow-->1,250 [1,130, 1,380]<!--/--> € a day more. Its honest victims cost more than its thieves.
#
# Trees against linear, both calibrated: <!--=tree_gain-->132 [45.8, 240]<!--/--> € a day. That is the honest answer to "is linear enough?": look at the interval before you pay for a second model.
#
# (fraud-experiment)=
# ### The honest experiment
#
# Your company has no twin. It has an A/B test. Randomise by *cardholder*, not by payment, or one traveller meets both policies.

# %%
holders = np.arange(world.size.n_cardholders)
arm = measure.assign(holders, salt="trees against linear")
ab = Split(copy.deepcopy(warm), Probability(zoo["linear"]),
                        Probability(zoo["trees"]), cheapest, arm == "treatment")
outcome = world.live(ab, days=14, seed=1, history=history)
ledger = outcome.ledger.to_pandas()
net = 2 * ledger["margin"] - ledger.drop(columns=["payment_id", "day"]).sum(axis=1)
per_holder = measure.per_unit(
    net, outcome.payments["cardholder_id"].to_numpy(), holders)
test_result = measure.ab_test(per_holder[arm == "treatment"],
                              per_holder[arm == "control"])
seen_arms = arm[np.unique(outcome.payments["cardholder_id"].to_numpy())]
ratio_check = measure.sample_ratio_check(seen_arms)
in_arm = test_result.difference
scale_up = len(holders) / 14
days_needed = 14 * measure.sample_size(
    live["trees, cheapest action"].estimate / scale_up, per_holder.std()) / len(holders)
teach.record(ab=f"{in_arm.estimate * scale_up:,.0f} [{in_arm.low * scale_up:,.0f}, "
                f"{in_arm.high * scale_up:,.0f}]",
             srm_p=ratio_check.p_value, ab_days=days_needed,
             mde=measure.minimum_detectable_effect(
                 per_holder.std(), len(holders)) * scale_up)
teach.claim("The split is as planned", ratio_check.p_value, above=0.001)

# %% [markdown]
# Scaled to all cardholders, the experiment reads <!--=ab-->-275 [-1,247, 698]<!--/--> € a day for trees against linear. The twins said <!--=tree_gain-->132 [45.8, 240]<!--/-->. In 14 days the smallest difference that this test can see with 80 % power is <!--=mde-->1,390<!--/--> € a day: customers differ far more than policies do. To see the trees' whole gain over today's rule, you would need <!--=ab_days-->10.5<!--/--> days. Check the split first: a **sample-ratio mismatch** voids the rest ([Fabijan et al., 2019](#bib-fabijan2019)). Here it has $p$ = <!--=srm_p-->0.0265<!--/-->. And wait: a test that is read before the chargebacks mature measures their delay.
#
# > **Say this.** "Offline I trust ranking and calibration. Online I trust a test randomised by cardholder, with the split checked and the labels matured. If the two disagree, I find out why before I ship."
#
# *Follow-up ladder.* **Mid**: precision and recall. **Senior**: metrics at the review budget, with intervals, then an A/B test with its power. **Staff**: says before the test what it cannot see, and what will be decided then.

# %% [markdown]
# (fraud-serve)=
# ## Step 6 · Serve
#
# *Minutes 34-40.* Follow one payment through {numref}`diagram-fraud-service`, and write a number on each arrow.
#
# A request is validated, its features are fetched and completed, the model scores it, the costs choose, and the decision is logged *with its inputs*. The log is tomorrow's training set. The model is an ONNX file with a hash; nothing is unpickled. The online store keeps each card's last 30 days. Build both, start the service, and send it the first payments of the day after the history ends.

# %%
folder = Path(tempfile.mkdtemp())
pricing = serve.Pricing(costs)
serve.export_model(zoo["trees"], FEATURES, folder / "model", check=X[few][:500],
                   policy=pricing, negatives_kept=RATE)
serve.build_store(history, folder / "store")
tomorrow = outcomes["the rule"].payments
bodies = serve.requests_of(tomorrow.slice(0, 30_000))
running = contextlib.ExitStack()
service = running.enter_context(serve.running_service(
    folder / "model", folder / "store", log=folder / "decisions.jsonl"))

# %% [markdown]
# First the promise: the service must see the features that training saw. Send 300 payments one after another, read the log, and compare with the features that a batch computes for the same moments.

# %%
closed_load(service.url, bodies[:300], workers=1, seconds=60,
            api_key=service.api_key)
logged = pd.DataFrame(serve.read_log(folder / "decisions.jsonl"))
first = tomorrow.slice(0, 2_000)
batch = Probability(zoo["trees"])(warm.transform(
    first.drop_columns(["action", "approved"])))
batch = pd.Series(batch, first["payment_id"].to_numpy())
served = logged.set_index("payment_id")["score"].dropna()
difference = np.abs(served - batch[served.index]).max()
teach.claim("Served probabilities equal the batch's", difference, below=1e-5)

# %% [markdown]
# A payment does not wait for its neighbours. Load the service with an **open loop**: requests arrive by a timetable, whether or not the service is ready, and each is timed from the moment that it was *due*.

# %% tags=["nbval-ignore-output"]
rates, used, reports = [50, 100, 200, 400], 300, {}
for rate in rates:
    reports[rate] = load(service.url, bodies[used:], rate, 4, api_key=service.api_key)
    used += 5 * rate
loads = pd.DataFrame({rate: {
    "p50 ms": r.p50.estimate, "p95 ms": r.p95.estimate, "p99 ms": r.p99.estimate,
    "answered a second": r.achieved, "by rules": r.by_rules,
} for rate, r in reports.items()}).T.rename_axis("requests a second")
within = [rate for rate in rates if loads["p99 ms"][rate] < 50]
stages = reports[100].ledger
parts = stages["p50 ms"].drop("total")
teach.record(sustained=max(within, default=0), p50=loads["p50 ms"][100],
             p99=loads["p99 ms"][100], slowest=parts.idxmax(), slowest_ms=parts.max())
loads.round(1)

# %% tags=["nbval-ignore-output"]
closed = closed_load(service.url, bodies[used:], workers=4, seconds=3,
                     api_key=service.api_key)
opened = load(service.url, bodies[used + 6_000:], 1.1 * closed.achieved, 3,
              api_key=service.api_key)
running.close()
with serve.running_service(folder / "model", folder / "store", deadline_ms=1.0,
                           log=folder / "hurried.jsonl") as hurried:
    late = load(hurried.url, bodies[-500:], 50, 4, api_key=hurried.api_key)
teach.record(closed_p99=closed.p99.estimate, open_p99=opened.p99.estimate,
             closed_rate=closed.achieved, late_share=f"{late.by_rules / 200:.0%}",
             late_p99=late.p99.estimate)
stages.round(2)

# %% [markdown]
# On the machine that built this page, one process holds at least <!--=sustained-->200<!--/--> requests a second at p99 < 50 ms, with a median of <!--=p50-->5.3<!--/--> ms at 100 a second. The ledger shows where the time goes: the largest stage is *<!--=slowest-->write<!--/-->*, with <!--=slowest_ms-->1.12<!--/--> ms. Your machine will differ; the cells are yours to run.
#
# > **Warning.** A **closed loop** waits for its answer before it sends again, so a stall silences the very requests that would have met it. With four workers it reports <!--=closed_rate-->418<!--/--> requests a second at a p99 of <!--=closed_p99-->18.5<!--/--> ms. An open loop at a tenth more sees <!--=open_p99-->105<!--/--> ms ([Schroeder et al., 2006](#bib-schroeder2006)).
#
# The **deadline** is a design object, not a timeout. If store or model are late, rules on the payment alone answer inside it. The answer says so, and a metric counts it. With the deadline cut to one millisecond, rules gave <!--=late_share-->87%<!--/--> of the answers, and none was lost. The package's fault tests do the rest: they stop the store under load, truncate the model, fill the disk and kill the process.
#
# **Ten times the traffic.** The store is keyed by card, so shard it by card. The scorer has no state, so add copies. The first thing to break is not a machine. It is the hot key: one merchant with a large share of the payments, whose counters every request wants to write. Aggregate those in small steps, and accept that they lag.
#
# | option | price | verdict |
# |---|---|---|
# | score in a nightly batch | no velocity features, and no answer while the customer waits | no |
# | **embedded store, one process a shard** | a copy of the store on each machine | here |
# | a store across the network | one more hop in the ledger | when there are several scorers |
# | no fallback | each late payment unanswered | no |
#
# > **Say this.** "The deadline belongs to the payment, not to my service. Whatever fails, an answer leaves in 50 ms, and the log says which brain gave it."
#
# *Follow-up ladder.* **Mid**: a model behind an API. **Senior**: a ledger per stage, a fallback, one feature definition for both paths. **Staff**: what the fallback costs a day, and who is woken when its share rises.

# %% [markdown]
# (fraud-monitor)=
# ## Step 7 · Monitor
#
# *Minutes 40-45.* An ordinary service fails with an error. This one fails with a confident answer.
#
# ### What to watch while the truth is late
#
# Watch three things, in order of speed: the inputs, the scores, and the chargebacks. Each monitor gets a budget of one false alarm a month. The drill injects five incidents into a smaller world with the same model, ten times the base rate and a known first day. It is smaller and riskier than the chapter's world so that six histories fit in the chapter's minutes: expect label-based alarms to be slower in life. Thresholds come from days 45 to 79. A twin of the same people without any incident tells which later alarms are false; an alarm that the twin rings too is not a detection.

# %%
START, END = 80, 110
KINDS = ["stale_feed", "unit_change", "new_method", "breach", "holiday"]
lab_size = pay.Size(n_cardholders=6_000, n_merchants=1_500, days=END)


def watched(kind):
    """Days 45 to 110 of a world: features, days, and days of chargebacks."""
    lab = pay.PaymentsWorld(lab_size, seed=13, base_rate=1e-3)
    if kind:
        lab = lab.inject(pay.Incident(kind, start_day=START, days=30))
    log = lab.history()
    lab_day = log.column("paid_at") // pay.DAY
    features = offline(log, keep=lab_day >= 45)
    rows = np.column_stack([features[name] for name in FEATURES])
    told = log.chargebacks["reported_at"].to_numpy() // pay.DAY
    return rows, lab_day[lab_day >= 45], told


with ThreadPoolExecutor(2) as pool:
    seen_in = list(pool.map(watched, [None, *KINDS]))

# %%
WATCHED = ["amount", "amount_ratio", "card_n_24h", "card_device_30d", "is_online",
           "is_foreign", "ip_foreign", "address_match", "ip_risk", "device_missing"]
columns = [FEATURES.index(name) for name in WATCHED]
calm = seen_in[0][1] < START
usual = watch.Reference.of(seen_in[0][0][calm][::10, columns], WATCHED)
score = Probability(zoo["trees"])


def series(rows, lab_day, told):
    """One number a day for each thing that is watched."""
    p = score(rows)
    each = pd.Index(np.unique(lab_day), name="day")
    found = watch.estimate_by_day(p, p > 0.01, lab_day)
    found = found[["alerts", "frauds"]].reindex(each)
    found["chargebacks"] = watch.chargebacks_by_day(told, each)
    drift = usual.by_day(rows[:, columns], lab_day)["psi"].unstack()
    return drift.join(found)


daily = [series(*one) for one in seen_in]
baseline = watch.Baseline.of(daily[0].loc[:START - 1])
surprise = [baseline.surprise(one) for one in daily]
monitors = [pd.DataFrame({
    "inputs": one[WATCHED].max(axis=1),
    "scores": one[["alerts", "frauds"]].max(axis=1),
    "chargebacks": one["chargebacks"]}) for one in surprise]

# %%
calm, twin = monitors[0].loc[:START - 1], monitors[0].loc[START:]
false_alarm = pd.DataFrame({
    name: twin[name] > watch.threshold(calm[name]) for name in calm})
drill = watch.drill(calm, twin, {
    kind: watch.Case(one.loc[START:].mask(false_alarm), START)
    for kind, one in zip(KINDS, monitors[1:], strict=True)})
first = drill.delay.map(lambda d: "never" if np.isnan(d) else f"day {d:.0f}")
teach.record(**{f"{monitor}_{kind}": first[monitor][kind]
                for monitor in first for kind in KINDS})
drill.table()

# %% [markdown]
# Read the table as a list of surprises. Days are counted from the incident's start; "never" means not within 30 days. The last row is what each monitor's alarms cost on a month without incident.
#
# - **Cents sent as euros** by one merchant in fifty: inputs say <!--=inputs_unit_change-->day 16<!--/-->. A small fault in a large stream moves no histogram. Watch the feed merchant by merchant, not in bulk.
# - **A stale feed** keeps its usual distribution and only loses its meaning: inputs <!--=inputs_stale_feed-->never<!--/-->, scores <!--=scores_stale_feed-->never<!--/-->, chargebacks <!--=chargebacks_stale_feed-->never<!--/-->. Drift measures shape, not meaning. Only a check at the source, the age of the newest value, sees this one.
# - **A new method of theft** looks like honest taps: inputs <!--=inputs_new_method-->never<!--/-->, chargebacks <!--=chargebacks_new_method-->day 17<!--/-->. Only truth tells, when it comes.
# - **A breach** is a wave of what the model knows: scores <!--=scores_breach-->day 3<!--/-->, chargebacks <!--=chargebacks_breach-->day 13<!--/-->.
# - **A holiday** moves the inputs on <!--=inputs_holiday-->day 0<!--/--> and harms nobody. An alarm that cannot tell the two apart will be muted by March.
#
# > **Decision.** Inputs page the data team, scores page the model's owner, chargebacks open a review of both. No single monitor earns trust in all five incidents.

# %% [markdown]
# (fraud-adapt)=
# ### Thieves learn
#
# In this world a thief's caution follows the share of attempts that was declined, with a half-life of 20 days. A cautious thief takes usual amounts, at a slower pace, from a home address. So recall decays, and the model must be retrained on what thieves do now. A small company with 2 stolen payments in a thousand makes the effect visible in 60 days. Its policy has two actions only, allow and block, to keep the lesson clean.

# %%
small_size = pay.Size(n_cardholders=5_000, n_merchants=1_500, days=120)
town = pay.PaymentsWorld(small_size, seed=21, base_rate=2e-3)
past = town.history()
past_day = past.column("paid_at") // pay.DAY
late_enough = past_day >= 40
past_table = offline(past, keep=late_enough)
past_log = Logged(
    day=past_day[late_enough].astype(np.int32),
    payment_id=past_table["payment_id"].to_numpy(),
    features=np.column_stack([past_table[name] for name in FEATURES]),
    blocked=past.column("action")[late_enough] == 3,
    weight=np.ones(late_enough.sum()))
told_by_now = past.chargebacks["reported_at"].to_numpy() < small_size.days * pay.DAY
reported = past.chargebacks["payment_id"].to_numpy()[told_by_now]


# %%
def fit_town(features, y, weight):
    """Train on all frauds and a fifth of the honest payments; put the prior back."""
    rows = y | (np.random.default_rng(3).random(len(y)) < 0.2)
    model = trees(n_jobs=1).fit(features[rows], y[rows], weight[rows])
    return Probability(model, 0.2)


def block_or_allow(p, amount):
    euros = measure.expected_costs(p, amount, costs)
    return np.where(euros[:, 3] < euros[:, 0], 3, 0).astype(np.int8)


def allow_all(p, amount):
    return np.zeros(len(p), np.int8)


first_day = LiveFeatures(past)


def run_town(decide=block_or_allow, **how):
    policy = RetrainingPolicy(copy.deepcopy(first_day), fit_town, decide, past_log,
                              reported, **how)
    return policy, town.live(policy, days=60, seed=1, history=past)


# %%
plans = {
    "allow everything": dict(decide=allow_all),
    "train once": dict(),
    "retrain every 30 days": dict(cadence=30),
    "retrain every 10 days": dict(cadence=10),
    "30 days, blocked as fraud": dict(cadence=30, blocked="as_fraud"),
    "30 days, 10 % explored": dict(cadence=30, blocked="weighted", explore=0.1),
}
with ThreadPoolExecutor(2) as pool:
    ran = list(pool.map(lambda how: run_town(**how), plans.values()))
ran = dict(zip(plans, ran, strict=True))


def by_fortnight(outcome):
    """Recall of stolen euros' payments, in four parts of the run."""
    stolen = outcome.truth["true_is_fraud"].to_numpy()
    stopped = ~outcome.payments["approved"].to_numpy()
    part = (outcome.payments["paid_at"].to_numpy() // pay.DAY - 120) // 15
    return [stopped[stolen & (part == k)].mean() for k in range(4)]


recall = pd.DataFrame({k: by_fortnight(o) for k, (_, o) in ran.items()},
                      index=["days 1-15", "16-30", "31-45", "46-60"]).T
recall.round(2)

# %%
truth_of = ran["train once"][1].truth["true_is_fraud"].to_numpy()
at = ran["train once"][1].payments["paid_at"].to_numpy() // pay.DAY - 120
stopped = ~ran["train once"][1].payments["approved"].to_numpy()
half_life = watch.half_life(
    np.arange(60), np.bincount(at[truth_of], minlength=60),
    np.bincount(at[truth_of & stopped], minlength=60))
nothing = ran["allow everything"][1].daily()["net"].to_numpy()
draws = np.random.default_rng(0).integers(0, 60, (2_000, 60))


def saved(outcome):
    more = outcome.daily()["net"].to_numpy() - nothing
    return measure.Interval.of(more[draws].mean(axis=1), more.mean(), resampling="60")


money = pd.Series({k: saved(o) for k, (_, o) in ran.items()}, name="€ a day")
caution = ran["train once"][1].caution.iloc[[0, -1]].mean(axis=1)
teach.record(half_life=half_life, once=money["train once"],
             every_30=money["retrain every 30 days"],
             every_10=money["retrain every 10 days"],
             cadence_gain=money["retrain every 10 days"] - money["train once"],
             explored=money["30 days, 10 % explored"],
             caution_start=caution.iloc[0], caution_end=caution.iloc[1])
money.to_frame()

# %% [markdown]
# Thieves' mean caution goes from <!--=caution_start-->0.159<!--/--> to <!--=caution_end-->0.374<!--/--> in 60 days. As thieves adapt, the recall of the model that was trained once halves in <!--=half_life-->261 [70.3, inf]<!--/--> days; an infinite upper end means that no decay at all fits the data as well. Over the same days it saves <!--=once-->946 [749, 1,160]<!--/--> € a day against allowing everything; retrained each month <!--=every_30-->954 [754, 1,160]<!--/-->, and every ten days <!--=every_10-->959 [761, 1,170]<!--/-->. Ten days against never is worth <!--=cadence_gain-->12.4 [-17.3, 38.3]<!--/--> € a day.
#
# > **Decision.** Let the interval choose the cadence. If it spans the price of a training run, retrain by alarm, not by calendar.

# %% [markdown]
# (fraud-selective)=
# ### Your own decisions hide the truth
#
# A blocked payment gets no chargeback. Train on what you allowed, and the model may unlearn what it blocks best. These are **selective labels** ([Lakkaraju et al., 2017](#bib-lakkaraju2017)). Take the last model of each plan and ask it about the world in which nothing was blocked.

# %%
watcher, open_world = ran["allow everything"]
final = watcher.logged()
final = final.take(final.day >= 160)
truth_at = dict(zip(open_world.truth["payment_id"].to_numpy().tolist(),
                    open_world.truth["true_is_fraud"].to_numpy(), strict=True))
y_final = np.array([truth_at[i] for i in final.payment_id.tolist()])


def final_ap(name):
    model = ran[name][0].train(180)
    return measure.average_precision(model(final.features), y_final, final.day)


selective = pd.Series({
    "nothing was hidden": final_ap("allow everything"),
    "blocked payments dropped": final_ap("retrain every 30 days"),
    "blocked counted as fraud": final_ap("30 days, blocked as fraud"),
    "10 % let through, weighted": final_ap("30 days, 10 % explored"),
}, name="average precision")
explore_price = money["retrain every 30 days"] - money["30 days, 10 % explored"]
teach.record(hidden=selective["blocked payments dropped"],
             as_fraud=selective["blocked counted as fraud"],
             explored_ap=selective["10 % let through, weighted"],
             unhidden=selective["nothing was hidden"], explore_price=explore_price)
selective.to_frame()

# %% [markdown]
# With nothing hidden the last model reaches <!--=unhidden-->0.620 [0.462, 0.751]<!--/-->. Trained on what it let through, <!--=hidden-->0.619 [0.464, 0.753]<!--/-->. Counting blocks as fraud gives <!--=as_fraud-->0.486 [0.320, 0.653]<!--/-->, and letting a tenth of the blocks through, weighted by 1/ε, gives <!--=explored_ap-->0.628 [0.472, 0.756]<!--/-->. That tenth costs <!--=explore_price-->36.9 [7.39, 68.4]<!--/--> € a day on the same people and the same luck.
#
# > **Decision.** Budget for exploration: a small random share of the suspicious goes through, below an amount limit. The price is known in advance. Without it you cannot even measure what the blocks hide.
#
# > **Say this.** "I budget for exploration, because otherwise my training data becomes a record of my own opinions."
#
# *Follow-up ladder.* **Mid**: a dashboard of drift. **Senior**: three speeds of evidence, each with a false-alarm budget. **Staff**: treats the policy as part of the data, and pays for the counterfactual.

# %% [markdown]
# ## Roads not taken
#
# | road | why not |
# |---|---|
# | a graph network over cards and devices | rings are one method of six here, and a counter on shared devices already sees them; try it when rings dominate |
# | a sequence model over each card's history | windowed counts carry most of the order; the price is state per card in the scorer |
# | regress the loss directly | a few large frauds dominate the fit; probability times amount uses the same data better |
# | one model per method of theft | there are <!--=n_train_frauds-->502<!--/--> labelled frauds in all; splitting them starves each model |
# | online learning from analysts' verdicts | analysts see only what the model sends them: selective labels again |
# | accuracy, F1 at 0.5 | neither knows a price |
#
# ## Recap
#
# 1. A cost matrix gave four actions, and a block at 30 € only from <!--=block_at_30-->53%<!--/-->, not from 50 % for everyone.
# 2. One leak had a price that nobody could overlook later: a `groupby` that promised <!--=groupby_promised-->0.384<!--/--> and delivered <!--=groupby_delivered-->0.0559<!--/-->.
# 3. The service answered at a p99 of <!--=p99-->13.8<!--/--> ms, and a breach was seen in the scores (<!--=scores_breach-->day 3<!--/-->) before the chargebacks (<!--=chargebacks_breach-->day 13<!--/-->).
#
# ## Exercises
#
# Try each before you unfold its solution.
#
# 1. **Move the fee.** Double the chargeback fee. From which probability does a block pay at 30 €?
# 2. **Find the leak.** A colleague adds "chargebacks on this merchant in the next 30 days, lagged by 30 days". Is it safe? At which moment would a serving system know it?
# 3. **Spend the analysts.** How many euros is the hundredth review of a day worth?
# 4. **Bring your rate.** Raise the base rate to 0.8 %, as in the Fraud Detection Handbook's tables. Do the default trees still collapse?

# %% tags=["hide-cell"]
doubled = pay.Costs(chargeback_fee=50.0)
grid = np.geomspace(1e-5, 1, 20_000)
block = measure.cheapest_actions(grid, np.full(len(grid), 30.0), doubled) == 3
answer_1 = grid[block].min()
teach.check("Exercise 1", None, expected=answer_1)

# %% tags=["hide-cell"]
price = measure.review_price(p, amount[test], day[test], costs, review_capacity=100)
teach.check("Exercise 3", price, expected=0.0)

# %% tags=["hide-cell"]
many = pay.PaymentsWorld(pay.Size(6_000, 1_500, 90), seed=31, base_rate=8e-3)
log = many.history()
when = log.column("paid_at") // pay.DAY
table = offline(log, keep=when >= 30)
x = np.column_stack([table[name] for name in FEATURES])
y = many.truth(log)["true_is_fraud"].to_numpy()[when >= 30]
when = when[when >= 30]
before, after = when < 70, when >= 75
library = LGBMClassifier(random_state=7, n_jobs=2, verbose=-1)
at_08 = {name: measure.average_precision(
    m.fit(x[before], y[before]).predict_proba(x[after])[:, 1], y[after], when[after])
    for name, m in {"default": library, "repaired": trees()}.items()}
pd.Series(at_08, name="average precision at 0.8 %").to_frame()

# %% [markdown]
# At 0.8 % the defaults no longer collapse, but they still lose to the repaired trees by a wide margin. The trap fades with the base rate; it does not close.
#
# ## Practise
#
# The [question bank](../book/bank/fraud.md) has the interviewer's answers, follow-ups from mid to staff, changes of constraint and recall prompts. So many clarifying questions wait for you, by step:

# %%
from sevensteps.teach.bank import load_bank

bank = load_bank("fraud")
steps = bank.questions()["step"].unique()
pd.Series({step: len(bank.questions(step)) for step in steps},
          name="clarifying questions").to_frame()

# %% [markdown]
# ## Claims
#
# Each line is an assertion of this chapter, checked when the page was built.

# %%
teach.claim("Chargebacks take more than two weeks, in the median",
            delay.median(), above=14)
teach.claim("Default trees collapse at this base rate", ap_default, below=0.02)
teach.claim("Class weights in the library's way collapse too",
            ap_unbalanced, below=0.02)
teach.claim("The costs beat the rule that stands today",
            live["trees, cheapest action"], above=0)
teach.claim("No answer was lost under load", sum(
    sum(r.errors.values()) for r in reports.values()), below=1)
teach.claims()

# %% [markdown]
# ## Sources
#
# - Le Borgne, Siblini, Lebichot, Bontempi (2022), *Reproducible Machine Learning for Credit Card Fraud Detection: Practical Handbook*. The nearest neighbour of this chapter: simulator, prequential validation, card precision.
# - Dal Pozzolo, Caelen, Johnson, Bontempi (2015), "Calibrating probability with undersampling for unbalanced classification", IEEE SSCI. The prior correction of Step 4.
# - Dal Pozzolo, Boracchi, Caelen, Alippi, Bontempi (2018), "Credit card fraud detection: a realistic modeling and a novel learning strategy", IEEE TNNLS 29(8). Verification latency and the investigators' budget.
# - Elkan (2001), "The foundations of cost-sensitive learning", IJCAI. Thresholds from costs.
# - Saito, Rehmsmeier (2015), "The precision-recall plot is more informative than the ROC plot when evaluating binary classifiers on imbalanced datasets", PLOS ONE 10(3).
# - Fabijan et al. (2019), "Diagnosing sample ratio mismatch in online controlled experiments", KDD.
# - Lakkaraju, Kleinberg, Leskovec, Ludwig, Mullainathan (2017), "The selective labels problem", KDD.
# - Schroeder, Wierman, Harchol-Balter (2006), "Open versus closed: a cautionary tale", NSDI.
# - Sculley et al. (2015), "Hidden technical debt in machine learning systems", NIPS. Why Step 7 exists.
# - European Central Bank and European Banking Authority (2024), *Report on payment fraud*. For cards issued in the EEA, fraud was 0.015 % of the number of payments in the first half of 2023. Our base rate of 0.01 % is of that order.

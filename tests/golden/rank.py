#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Make rank.txt: what scipy, numpy and R say of random samples, for the statistics in runner/stats/.

Needed only to make the file again (Debian: python3-scipy, r-base-core), not to run the tests:

    /usr/bin/python3 tests/golden/rank.py > tests/golden/rank.txt

The samples themselves are not in the file: both sides draw them from a seed by splitmix64. Value i of
a sample is (next % LEVELS) * 0.37 + 1, the second sample's shifted by SEED % 5; few levels make ties.

Exact p-values with ties, which scipy has not, are counted here with whole numbers, and held against
scipy's test of all permutations where that is small. Lines:

case SEED N1 N2 LEVELS  MEDIAN1 MEDIAN2 QUANTILE7(x1, 0.1)
     COVERS LO HI COVERAGE (of the median of x1, alpha 5 %)  U P EXACT
     DRAWS LO HI (bootstrap of the ratio, alpha 10 %, seed SEED)  KS WASSERSTEIN (whole numbers)
     SLOPE INTERCEPT LO HI (Theil-Sen)  SLOPE INTERCEPT LO HI (least squares)
holm P... : ADJUSTED...        normal P Z        t P DF T        least N1 N2 P
"""
import math
import subprocess
from collections import defaultdict
from fractions import Fraction

import numpy
from scipy import stats

MASK = 2**64 - 1
EXACT_MAX = 50


class Splitmix:
    def __init__(self, seed):
        self.state = seed

    def next(self):
        self.state = (self.state + 0x9e3779b97f4a7c15) & MASK
        z = self.state
        z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9 & MASK
        z = (z ^ z >> 27) * 0x94d049bb133111eb & MASK
        return z ^ z >> 31


def samples(seed, n1, n2, levels):
    rng = Splitmix(seed)
    return ([rng.next() % levels for _ in range(n1)],
            [rng.next() % levels + seed % 5 for _ in range(n2)])


def show(v):
    return "nan" if v is None or math.isnan(v) else repr(float(v))


def median_interval(x):
    x, n = sorted(x), len(x)
    covers = [k for k in range(1, (n + 1) // 2 + 1)
              if 2 * stats.binom.cdf(k - 1, n, 0.5) <= 0.05]
    k = max(covers, default=1)
    return [float(bool(covers)), x[k - 1], x[n - k],
            max(0, 1 - 2 * stats.binom.cdf(k - 1, n, 0.5))]


def exact_p(x1, x2):
    ranks = [int(2 * r) for r in stats.rankdata(x1 + x2)]
    ways = [defaultdict(int) for _ in range(len(x1) + 1)]
    ways[0][0] = 1
    for rank in ranks:
        for k in range(len(x1), 0, -1):
            for s, w in ways[k - 1].items():
                ways[k][s + rank] += w
    have = sum(ranks[:len(x1)])
    below = sum(w for s, w in ways[-1].items() if s <= have)
    above = sum(w for s, w in ways[-1].items() if s >= have)
    p = min(Fraction(1), Fraction(2 * min(below, above), sum(ways[-1].values())))
    if len(ranks) <= 9 and len(x1) > 1 and len(x2) > 1:
        check = stats.permutation_test(
            (x1, x2), lambda a, b: sum(stats.rankdata(list(a) + list(b))[:len(a)]),
            vectorized=False, n_resamples=math.inf, permutation_type="independent")
        assert abs(check.pvalue - p) < 1e-12
    if len(set(ranks)) == len(ranks):
        assert abs(stats.mannwhitneyu(x2, x1, method="exact").pvalue - p) < 1e-12
    return float(p)


def rank_test(x1, x2):
    u = stats.mannwhitneyu(x2, x1, method="asymptotic").statistic
    if len(x1) + len(x2) <= EXACT_MAX:
        return [u, exact_p(x1, x2), 1]
    if len(set(x1 + x2)) == 1:
        return [u, 1, 0]
    return [u, stats.mannwhitneyu(x2, x1, method="asymptotic").pvalue, 0]


def drawn_median(x, rng):
    n = len(x)
    d = sorted(x[rng.next() * n >> 64] for _ in range(n))
    return float(numpy.median(d))


def ratio_interval(seed, x1, x2, draws):
    rng, x1, x2 = Splitmix(seed), sorted(x1), sorted(x2)
    ratios = []
    for _ in range(draws):
        old = drawn_median(x1, rng)
        ratios.append(drawn_median(x2, rng) / old)
    return [draws, *numpy.quantile(ratios, [0.05, 0.95])]


def from_r(code):
    out = subprocess.run(["Rscript", "-e", f"cat(sprintf('%.17g', {code}))"], check=True,
                         capture_output=True, text=True)
    return [float(v) for v in out.stdout.split()]


# scipy 1.10's t.ppf is off by up to 4e-9.
T_975 = from_r("qt(0.975, 1:500)")


def slopes(x, y):
    n = min(len(x), len(y))
    x, y = x[:n], y[:n]
    if n < 3 or len(set(x)) == 1:
        return [None] * 8
    ts = stats.theilslopes(y, x, 0.95, method="separate")
    ls = stats.linregress(x, y)
    width = T_975[n - 3] * ls.stderr
    return [ts[0], ts[1], ts[2], ts[3], ls.slope, ls.intercept, ls.slope - width,
            ls.slope + width]


def case(seed, n1, n2, levels):
    i1, i2 = samples(seed, n1, n2, levels)
    x1, x2 = [v * 0.37 + 1 for v in i1], [v * 0.37 + 1 for v in i2]
    values = [numpy.median(x1), numpy.median(x2), numpy.quantile(x1, 0.1)]
    values += median_interval(x1) + rank_test(x1, x2)
    values += ratio_interval(seed, x1, x2, 60 if n1 + n2 > 100 else 400)
    values += [stats.ks_2samp(i1, i2, method="asymp").statistic,
               stats.wasserstein_distance(i1, i2)]
    values += slopes(x1, x2)
    print("case", seed, n1, n2, levels, *map(show, values))


def holm(seed, n):
    rng = Splitmix(seed)
    p = [rng.next() % 1000 / 10**(2 + i % 3) for i in range(n)]
    p = [min(1.0, v) for v in p]
    adjusted = from_r(f"p.adjust(c({','.join(map(repr, p))}), 'holm')")
    print("holm", *map(show, p), ":", *map(show, adjusted))


def main():
    rng = Splitmix(20260701)
    sizes = [(n1, n2) for n1 in range(1, 8) for n2 in (1, 2, 3, 5, 6, 7, 9)]
    sizes += [(25, 25), (1, 49), (24, 26), (25, 26), (50, 1), (500, 500), (500, 1), (1, 500)]
    while len(sizes) < 250:
        top = (12, 40, 120, 500)[len(sizes) % 4]
        sizes.append((1 + rng.next() % top, 1 + rng.next() % top))
    for i, (n1, n2) in enumerate(sizes):
        case(1000 + i, n1, n2, (2**40, 2, 5, 20, 100, 1000)[i % 6] if i % 50 else 1)
    for n in (1, 2, 3, 5, 8, 13, 40):
        holm(n, n)
    for p in ("1e-300", "1e-20", "0.0001", "0.005", "0.024", "0.025", "0.1", "0.3", "0.5", "0.7",
              "0.95", "0.975", "0.99999"):
        print("normal", p, show(stats.norm.ppf(float(p))))
    for p in ("0.0001", "0.005", "0.2", "0.5", "0.95", "0.975", "0.995", "0.99999"):
        for df in (1, 2, 3, 7, 30, 498):
            print("t", p, df, show(from_r(f"qt({p}, {df})")[0]))
    for n1, n2 in ((1, 1), (3, 3), (4, 4), (5, 3), (10, 10), (1, 39), (100, 100)):
        print("least", n1, n2, show(min(1, Fraction(2, math.comb(n1 + n2, n1)))))


main()

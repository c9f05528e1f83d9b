#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Make stats.txt: what numpy says of data sets whose statistics runner/stats/stats.c must find too.

Needed only to make the file again (Debian: python3-numpy), not to run the tests:

    /usr/bin/python3 tests/golden/gen.py > tests/golden/stats.txt

Quantiles are numpy's method 'inverted_cdf' (Hyndman and Fan's type 1), cross-checked with exact
rational arithmetic, which is what decides where n p is a whole number that p as a double is not.
Means are exact rational ones, rounded once.

Lines: "data NAME VALUE...", then of that data "quantile P VALUE", "mean VALUE", "step X F" (each
step of the empirical distribution function).
"""
import math
from fractions import Fraction

import numpy

PS = ["0.001", "0.01", "0.07", "0.1", "0.25", "0.29", "0.5", "0.55", "0.57", "0.58", "0.75",
      "0.9", "0.95", "0.99", "0.999", "1"]


def data_sets():
    rng = numpy.random.default_rng(20260101)
    yield "one", [42]
    yield "two", [1, 2]
    yield "equal", [7] * 10
    yield "hundred", list(range(1, 101))
    yield "ties", [1, 1, 1, 2, 2, 3, 10, 10, 10, 10, 10, 11]
    yield "unsorted", [9, 3, 7, 1, 5, 3, 9, 2]
    yield "wide", [0, 1, 2**40, 2**52, 2**53 - 1]
    yield "lognormal", [int(v) for v in rng.lognormal(9, 0.5, 500)]
    yield "cancel", [2**53 - 1] * 3 + [1] * 200


def quantile(values, p):
    rank = max(1, math.ceil(Fraction(p) * len(values)))
    exact = sorted(values)[rank - 1]
    if (Fraction(float(p)) * len(values)).denominator == 1 or \
       abs(Fraction(p) * len(values) - round(Fraction(p) * len(values))) > Fraction(1, 10**6):
        assert exact == int(numpy.quantile(numpy.array(values, dtype=object), float(p),
                                           method="inverted_cdf"))
    return exact


def main():
    for name, values in data_sets():
        print("data", name, *values)
        for p in PS:
            print("quantile", p, quantile(values, p))
        print("mean", repr(float(Fraction(sum(values), len(values)))))
        xs, counts = numpy.unique(numpy.array(values, dtype=numpy.uint64), return_counts=True)
        for x, count in zip(xs, numpy.cumsum(counts)):
            print("step", x, repr(float(Fraction(int(count), len(values)))))


main()

"""The words in which texts say numbers, months and units."""

from __future__ import annotations

SMALL = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen"
).split()
TENS = dict(
    zip(
        "twenty thirty forty fifty sixty seventy eighty ninety".split(),
        range(20, 100, 10),
        strict=True,
    )
)
NUMBER_WORDS = {word: float(n) for n, word in enumerate(SMALL)} | {
    k: float(v) for k, v in TENS.items()
}
NUMBER_WORDS |= {"dozen": 12.0, "hundred": 100.0, "thousand": 1000.0, "twice": 2.0, "thrice": 3.0}
SCALES = {
    "k": 1e3,
    "thousand": 1e3,
    "hundred": 1e2,
    "dozen": 12.0,
    "m": 1e6,
    "mn": 1e6,
    "million": 1e6,
    "bn": 1e9,
    "billion": 1e9,
    "trillion": 1e12,
}
ORDINALS = {
    w: float(n)
    for n, w in enumerate(
        "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth".split(),
        1,
    )
}
FRACTIONS = {
    "half": 50.0,
    "third": 100 / 3,
    "thirds": 100 / 3,
    "quarter": 25.0,
    "quarters": 25.0,
    "fifth": 20.0,
    "fifths": 20.0,
    "tenth": 10.0,
}
MONTHS = {
    name: n
    for n, names in enumerate(
        (
            "jan january",
            "feb february",
            "mar march",
            "apr april",
            "may",
            "jun june",
            "jul july",
            "aug august",
            "sep sept september",
            "oct october",
            "nov november",
            "dec december",
        ),
        1,
    )
    for name in names.split()
}
DAY_S = 86_400.0
UNITS = {
    form: (dimension, factor)
    for dimension, forms_of in {
        "duration": {
            1.0: "s sec secs second seconds",
            60.0: "min mins minute minutes",
            3600.0: "h hr hrs hour hours hourly",
            DAY_S: "d day days daily",
            7 * DAY_S: "week weeks weekly",
            30.4375 * DAY_S: "month months monthly",
            91.3125 * DAY_S: "quarter quarters",
            365.25 * DAY_S: "year years yr yrs annual annually yearly",
            3652.5 * DAY_S: "decade decades",
            36525 * DAY_S: "century centuries",
            0.001: "ms millisecond milliseconds",
        },
        "bytes": {
            1.0: "byte bytes",
            1e3: "kb kib kilobyte kilobytes",
            1e6: "mb mib megabyte megabytes",
            1e9: "gb gib gigabyte gigabytes",
            1e12: "tb tib terabyte terabytes",
        },
        "length": {
            0.001: "mm",
            0.01: "cm centimetre centimetres centimeter centimeters",
            1.0: "metre metres meter meters",
            1000.0: "km kilometre kilometres kilometer kilometers",
            1609.344: "mile miles mi",
            0.3048: "foot feet ft",
            0.0254: "inch inches",
        },
        "mass": {
            1.0: "gram grams",
            1000.0: "kg kilo kilos kilogram kilograms",
            453.592: "lb lbs pound_mass",
        },
        "percent": {1.0: "% percent percentage"},
        "currency:usd": {1.0: "$ usd dollar dollars us$", 0.01: "cent cents"},
        "currency:eur": {1.0: "€ eur euro euros"},
        "currency:gbp": {1.0: "£ gbp pound pounds", 0.01: "pence"},
        "currency:other": {1.0: "¥ jpy yen chf franc francs inr ₹ rupee rupees cad aud"},
    }.items()
    for factor, forms in forms_of.items()
    for form in forms.split()
}

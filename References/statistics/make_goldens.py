"""Student's t and means of small samples by SciPy and NumPy.

    python make_goldens.py > statistics.json
"""

import json

import numpy as np
from scipy import stats

random = np.random.default_rng(0)
degrees = [1, 2, 3, 4, 5, 6, 7, 9, 10, 15, 29, 30, 100, 999, 1000, 12345]
levels = [0.5, 0.8, 0.9, 0.95, 0.99, 0.999]

samples = [[0.8, 0.82, 0.9], [0.5, 0.5], [1e-12, 3e-12], [1e300, 3e300], [0.7], [-4.0, 4.0, 1e8, 1e8 + 1]]
samples += [list(random.normal(0.9, 0.02, n)) for n in (2, 3, 5, 20, 200)]


def mean(values):
    entry = {"values": values, "mean": float(np.mean(values))}
    if len(values) > 1:
        # Scaled, as squares of the greatest numbers overflow.
        scale = max(abs(v) for v in values)
        scaled = np.array(values) / scale
        entry["deviation"] = float(np.std(scaled, ddof=1) * scale)
        half = stats.t.ppf(0.975, len(values) - 1) * entry["deviation"] / np.sqrt(len(values))
        entry["low"], entry["high"] = float(entry["mean"] - half), float(entry["mean"] + half)
    return entry


print(json.dumps({
    "quantiles": [[n, level, float(stats.t.ppf(0.5 + level / 2, n))] for n in degrees for level in levels],
    "probabilities": [[n, t, float(stats.t.cdf(t, n) - stats.t.cdf(-t, n))]
                      for n in degrees for t in (0.1, 0.7, 1.96, 12.7)],
    "means": [mean([float(v) for v in values]) for values in samples],
}, indent=1))

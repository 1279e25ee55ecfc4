"""Multinomial logistic regression without intercept as scikit-learn fits it, to its last digits.

    python make_goldens.py > ../../Packages/Eval/Tests/EvaluationTests/Goldens/regression.json

For two classes scikit-learn fits one vector in place of two, and penalises that: the softmax of two is worked out in
NumPy.
"""

import json

import numpy
from sklearn.linear_model import LogisticRegression

random = numpy.random.default_rng(3)


def two_classes(x, y, c):
    """W = (-v, v) with v the minimiser of c sum log(1 + exp(-2 s v x)) + |v|^2, s = +-1, by Newton's method."""
    s, v = 2 * y - 1, numpy.zeros(x.shape[1])
    for _ in range(100):
        p = 1 / (1 + numpy.exp(2 * s * (x @ v)))
        gradient = 2 * v - 2 * c * x.T @ (s * p)
        hessian = 2 * numpy.eye(len(v)) + 4 * c * (x.T * (p * (1 - p))) @ x
        v = v - numpy.linalg.solve(hessian, gradient)
    return numpy.stack([-v, v])


def case(rows, width, classes, c, scale=1.0):
    x = (random.standard_normal((rows, width)) * scale).astype(numpy.float32)
    truth = random.standard_normal((width, classes))
    y = (x @ truth + random.gumbel(size=(rows, classes))).argmax(1)
    # Every class occurs.
    y[:classes] = numpy.arange(classes)
    wide = x.astype(numpy.float64)
    if classes == 2:
        weights = two_classes(wide, y, c)
    else:
        fitted = LogisticRegression(C=c, fit_intercept=False, solver="newton-cg", tol=1e-13, max_iter=100000)
        weights = fitted.fit(wide, y).coef_
    return {
        "features": [float(f"{v:.9g}") for v in x.flatten()], "width": width, "classes": y.tolist(), "count": classes, "c": c,
        "weights": [float(f"{v:.12g}") for v in weights.flatten()]}


cases = [case(30, 5, 3, 1.0), case(40, 3, 2, 1.0), case(12, 25, 4, 1.0), case(25, 6, 3, 0.01), case(25, 6, 5, 100.0),
         case(20, 8, 3, 1.0, 30.0), case(9, 30, 2, 10.0, 5.0), case(6, 1, 6, 1.0)]
print(json.dumps(cases, separators=(",", ":")))

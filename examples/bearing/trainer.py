#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""trainer.py FEATURES.csv MODEL.json: what `bearing train` does, for whoever tunes models in Python.

FEATURES.csv comes from `bearing features`: a column for each feature, and the condition. Conditions are numbered in the order in
which they come first. `bearing train DIR MODEL --trainer trainer.py` runs all of it.
"""
import csv
import sys

import numpy
import xgboost


def main(features_path, model_path):
    with open(features_path, newline="") as file:
        rows = list(csv.reader(file))
    names, rows = rows[0][:-1], rows[1:]
    values = numpy.array([row[:-1] for row in rows], dtype=numpy.float32)
    conditions = list(dict.fromkeys(row[-1] for row in rows))
    labels = numpy.array([conditions.index(row[-1]) for row in rows])
    model = xgboost.train(
        {
            "objective": "multi:softprob",
            "num_class": len(conditions),
            "tree_method": "hist",
            # A random forest: boosted trees are surer of these recordings and worse on those of another load.
            "num_parallel_tree": 100,
            "max_depth": 6,
            "eta": 1,
            "subsample": 0.6,
            "colsample_bynode": 0.15,
            "lambda": 1e-5,
            "nthread": 1,
            "seed": 1,
        },
        xgboost.DMatrix(values, labels, feature_names=names),
        num_boost_round=1,
    )
    model.save_model(model_path)
    print(f"{model_path}: {len(names)} features, {len(rows)} rows, {len(conditions)} conditions")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(sys.argv[1], sys.argv[2])

"""What stands between the matrix and an estimator: missing values, scale, categories."""

from sklearn.base import BaseEstimator
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from ..schema import Schema


def pipeline(schema: Schema, estimator: BaseEstimator, scale: bool) -> Pipeline:
    """``estimator`` behind the encoding that the schema's column types ask for.

    Category columns hold indices into the schema's list of values, so the one-hot width is fixed by
    the schema and not by what a training set happens to hold.
    """
    numbers, categories = [], []
    for position, column in enumerate(schema.features):
        (categories if column.type == "category" else numbers).append(position)
    nullable = any(schema.features[position].nullable for position in numbers)
    steps = [SimpleImputer(strategy="median", keep_empty_features=True)] if nullable else []
    steps += [StandardScaler()] if scale else []
    if not categories:
        # The short way: a ColumnTransformer costs more than the model for a single row.
        return make_pipeline(*steps, estimator)
    encode = []
    if numbers:
        encode.append(("numbers", make_pipeline(*steps) if steps else "passthrough", numbers))
    for position in categories:
        column = schema.features[position]
        values = [float(index) for index in range(len(column.values or ()))]
        # A missing category matches none of the values and becomes a row of zeros.
        one_hot = OneHotEncoder(categories=[values], handle_unknown="ignore", sparse_output=False)
        encode.append((f"category-{position}", one_hot, [position]))
    return make_pipeline(ColumnTransformer(encode, sparse_threshold=0), estimator)

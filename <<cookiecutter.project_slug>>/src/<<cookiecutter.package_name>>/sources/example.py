"""Two real data sets that come with scikit-learn: a working example without a download."""

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    import pandas as pd

# scikit-learn calls the blood serum measurements s1 to s6; its description says what they are.
_SERUM = {
    "bmi": "body_mass_index",
    "bp": "blood_pressure",
    "s1": "total_cholesterol",
    "s2": "ldl",
    "s3": "hdl",
    "s4": "cholesterol_ratio",
    "s5": "log_triglycerides",
    "s6": "glucose",
}


class ExampleSource(BaseModel):
    """``breast_cancer`` (569 rows, two classes) or ``diabetes`` (442 rows, a number to predict)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Literal["breast_cancer", "diabetes"]

    def fetch(self, folder: Path, root: Path) -> None:
        frame = _breast_cancer() if self.name == "breast_cancer" else _diabetes()
        frame.to_csv(folder / f"{self.name}.csv", index=False)


def _breast_cancer() -> "pd.DataFrame":
    from sklearn.datasets import load_breast_cancer

    bunch = load_breast_cancer(as_frame=True)
    frame = bunch.data.rename(columns=lambda name: name.replace(" ", "_"))
    frame["diagnosis"] = [str(bunch.target_names[code]) for code in bunch.target]
    return frame


def _diabetes() -> "pd.DataFrame":
    from sklearn.datasets import load_diabetes

    # Unscaled: ages in years and pressures in mmHg are what a caller of the model will send.
    bunch = load_diabetes(as_frame=True, scaled=False)
    frame = bunch.data.rename(columns=_SERUM).astype({"age": int, "sex": int})
    frame["progression"] = bunch.target
    return frame

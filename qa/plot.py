"""What the score promises and what it keeps, drawn with matplotlib."""

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qa.errors import UsageError
from qa.evaluation import Evaluation, Outcome
from qa.measures import calibration_error, reliability, risk_by_coverage

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FORMATS = (".png", ".pdf", ".svg")
_TELLING = 10  # answers; the share that is wrong of fewer jumps from one end to the other
_CLOSE_TO_AXIS = 0.1  # a number below such a point would run into the axis
_INK, _ACCENT, _PALE = "#222222", "#1f6f8b", "#cfe3ea"
_STYLE: dict[Any, Any] = {  # its newest type hints list every name there is
    "font.size": 10,
    "axes.titlesize": 12,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#888888",
    "axes.labelcolor": _INK,
    "text.color": _INK,
    "xtick.color": _INK,
    "ytick.color": _INK,
    "svg.hashsalt": "qa",  # the same drawing is the same file
}


def check(path: Path) -> None:
    """Refuse what `draw` could not do.

    Raises:
        UsageError: the file is of an unknown kind, or matplotlib is not installed.
    """
    if path.suffix.lower() not in FORMATS:
        raise UsageError(f"--plot is {path.name}; it must end in {', '.join(FORMATS)}")
    try:
        import_module("matplotlib")
    except ImportError as error:
        raise UsageError(
            'drawing needs matplotlib, which is not installed; pip install "qa[plot]"'
        ) from error


def draw(evaluation: Evaluation, path: Path) -> None:
    """Draw risk against coverage, and the reliability of the score, of all that was searched."""
    import matplotlib
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    outcomes = evaluation.widest
    with matplotlib.rc_context(_STYLE):
        figure = Figure(figsize=(11, 5), layout=ConstrainedLayoutEngine(w_pad=0.12, h_pad=0.08))
        left, right = figure.subplots(1, 2)
        _draw_risk(left, outcomes, evaluation.threshold)
        _draw_reliability(right, outcomes)
        figure.savefig(path, dpi=150)


def _judged(outcomes: list[Outcome]) -> tuple[list[float], list[bool]]:
    return [o.confidence for o in outcomes], [o.right for o in outcomes]


def _draw_risk(axes: "Axes", outcomes: list[Outcome], threshold: float) -> None:
    probabilities, right = _judged(outcomes)
    coverage, risk = risk_by_coverage(probabilities, right)
    told = coverage >= min(1.0, _TELLING / len(right))
    coverage, risk = coverage[told], risk[told]
    axes.plot(coverage, risk, color=_ACCENT, linewidth=2)
    axes.fill_between(coverage, risk, color=_PALE, alpha=0.6, linewidth=0)
    answered = [ok for p, ok in zip(probabilities, right, strict=True) if p >= threshold]
    if answered:
        at = len(answered) / len(right), 1 - sum(answered) / len(answered)
        label = f"threshold {threshold:.3f}: {at[0]:.0%} answered, {at[1]:.0%} of them wrong"
        axes.plot(*at, "o", color=_INK, markersize=7, zorder=3, clip_on=False, label=label)
        axes.legend(loc="upper left", frameon=False)
    cannot = sum(not outcome.grades for outcome in outcomes)
    axes.set(
        title="Risk against coverage",
        xlabel=f"answered of {len(right)} questions ({cannot} of them have no answer)",
        ylabel="answers whose first passage is wrong",
        xlim=(0, 1),
        ylim=(0, min(1.1, max(0.1, 1.25 * float(risk.max())))),
    )
    _in_per_cent(axes)


def _draw_reliability(axes: "Axes", outcomes: list[Outcome]) -> None:
    probabilities, right = _judged(outcomes)
    bins = reliability(probabilities, right)
    promised, observed = [b.promised for b in bins], [b.observed for b in bins]
    axes.plot([0, 1], [0, 1], color="#888888", linestyle="--", linewidth=1, label="as promised")
    axes.vlines(promised, promised, observed, color=_PALE, linewidth=6)
    label = "as observed, with the number of questions"
    axes.plot(promised, observed, "o-", color=_ACCENT, linewidth=1.5, clip_on=False, label=label)
    for one in bins:
        above = one.observed >= one.promised or one.observed < _CLOSE_TO_AXIS
        axes.annotate(
            str(one.count),
            (one.promised, one.observed),
            xytext=(0, 7 if above else -7),
            textcoords="offset points",
            ha="center",
            va="bottom" if above else "top",
            fontsize=8,
        )
    axes.legend(loc="upper left", frameon=False)
    axes.set(
        title=f"Reliability: calibration error {calibration_error(probabilities, right):.1%}",
        xlabel="score: the probability that the first passage is right",
        ylabel="questions whose first passage is right",
        xlim=(0, 1),
        ylim=(0, 1.15),  # room for the legend
        yticks=[0, 0.2, 0.4, 0.6, 0.8, 1],
    )
    _in_per_cent(axes)


def _in_per_cent(axes: "Axes") -> None:
    from matplotlib.ticker import PercentFormatter

    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(PercentFormatter(1.0))
    axes.grid(color="#e6e6e6", linewidth=0.8)
    axes.set_axisbelow(True)

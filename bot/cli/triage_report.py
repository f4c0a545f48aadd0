"""What `deskhand triage` says of a model: cards and evaluations as text."""

from __future__ import annotations

from typing import Any


def summary(card: dict[str, Any]) -> dict[str, Any]:
    """A model's card in short, as `--json` has it."""
    category = card["held_out"].get("category", {})
    return {
        "version": card["version"],
        "made_at": card["made_at"],
        "rows": card["rows"],
        "categories": card["categories"],
        "priorities": card["priorities"],
        "notes": card["notes"],
        **{
            name: category.get(name)
            for name in ("accuracy", "accuracy_interval_95", "macro_f1", "ece", "brier")
        },
        "accuracy_gain": card["held_out"]["over_baseline"]["accuracy_gain"],
        "out_of_scope_auroc": card["out_of_scope"]["auroc"],
        "out_of_scope_learned_from": card["out_of_scope"]["learned_from"],
    }


def print_summary(found: dict[str, Any]) -> None:
    """What a model was made from and how good it is."""
    low, high = found["accuracy_interval_95"]
    print(
        f"model {found['version']} of {found['made_at'][:10]}"
        f"{', shipped with Deskhand' if found.get('shipped') else ''}: {found['rows']:,} rows, "
        f"{len(found['categories']):,} categories, {len(found['priorities']):,} priorities"
    )
    for note in found["notes"]:
        print(f"  {note}")
    print(
        f"  on rows held out: accuracy {found['accuracy']:.3f} ({low:.3f} to {high:.3f}), "
        f"{found['accuracy_gain']:+.3f} over TF-IDF and logistic regression, "
        f"macro-F1 {found['macro_f1']:.3f}, ECE {found['ece']:.3f}, Brier {found['brier']:.3f}"
    )
    if found["out_of_scope_auroc"] is not None:
        print(
            f"  out of scope: AUROC {found['out_of_scope_auroc']:.3f}, learned from "
            f"{found['out_of_scope_learned_from']}"
        )


def print_evaluation(found: dict[str, Any]) -> None:
    """How good a model is on a file, or was on what was held out of its training."""
    if found["of"] == "file":
        print(f"the model in use ({found['version']}) on this file")
        if found["trained_on_this_file"]:
            print("  it was trained on these very rows; only the figures held out say anything")
    else:
        print(f"the model in use ({found['version']}) on rows held out of its training")
    _print_figures(found)
    if found["of"] == "file" and found.get("retrained"):
        print("trained anew on four fifths of the file, judged on the rest")
        _print_figures(found["retrained"])
    elif found.get("why_not_retrained"):
        print(f"not trained anew: {found['why_not_retrained']}")


def _print_figures(found: dict[str, Any]) -> None:
    for what in ("category", "priority"):
        if what not in found:
            continue
        f = found[what]
        low, high = f["accuracy_interval_95"]
        print(
            f"  {what}: accuracy {f['accuracy']:.3f} ({low:.3f} to {high:.3f}), macro-F1 "
            f"{f['macro_f1']:.3f}, ECE {f['ece']:.3f}, Brier {f['brier']:.3f}, {f['rows']:,} rows"
        )
        worst = sorted(f["by_category"].items(), key=lambda item: item[1]["f1"])[:10]
        for label, row in worst:
            print(
                f"    {label:<32.32} {row['rows']:>6,} rows  precision {row['precision']:.3f}  "
                f"recall {row['recall']:.3f}  F1 {row['f1']:.3f}"
            )
        for pair in f["confusion"][:5]:
            print(f"    {pair['rows']:,} of {pair['label']} taken for {pair['taken_for']}")
    if found.get("over_baseline"):
        gain, (low, high) = (
            found["over_baseline"]["accuracy_gain"],
            found["over_baseline"]["accuracy_gain_interval_95"],
        )
        print(
            f"  over TF-IDF and logistic regression ({found['baseline']['accuracy']:.3f}): "
            f"{gain:+.3f} ({low:+.3f} to {high:+.3f})"
        )
    if found.get("out_of_scope_auroc") is not None:
        print(
            f"  out of scope: AUROC {found['out_of_scope_auroc']:.3f} on "
            f"{found['out_of_scope_rows']:,} rows"
        )

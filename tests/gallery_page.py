"""The small images of docs/gallery.md, from the figures of a run: `python tests/gallery_page.py` after `make`."""

from pathlib import Path

from PIL import Image

ROOT = Path(__file__).parents[1]
FIGURES = ROOT / "results" / "lucerne-2013" / "figures" / "en"
IMAGES = ROOT / "docs" / "images" / "gallery"
WIDTH, COLOURS = 720, 64

# kind of figure → the figure of lucerne-2013 that shows it
SHOWN = {
    "flow": "flow",
    "ticked": "barriers_why_not",
    "battery": "usage_channel_stage",
    "single": "sample_firm_size",
    "yes_no": "adoption_yes_no",
    "compared": "usage_channels_compared",
    "crossed": "usage_purposes",
    "together": "usage_channels_private_together",
    "groups": "barriers_barriers_by_met_or_deterred",
    "by_segment": "usage_channel_stage_by_customer_type",
    "stages": "adoption_adoption",
    "forest": "models_adopter",
    "reliability": "scales_reliability",
    "correlations": "scales_correlations",
    "loadings": "scales_loadings_barriers",
    "profiles": "typology_channels",
    "combinations": "usage_channels_combinations",
    "lorenz": "usage_channels_lorenz",
    "ecdf": "buying_done_before_contact",
    "correspondence": "usage_purposes_correspondence",
    "separation": "usage_channels_separation",
    "spheres": "models_channels_private_professional",
    "bus_factor": "spokespersons_post_shares_bus_factor",
    "shared_lorenz": "spokespersons_post_shares_lorenz",
    "nominations": "contagion_opinion_leaders_nominations",
    "paths": "attitudes_trust_paths",
    "among_users": "buying_stage_importance_by_channel",
}


def small(figure: Image.Image) -> Image.Image:
    """Return a figure small enough for a page that is read on the web."""
    height = round(figure.height * WIDTH / figure.width)
    return (
        figure.convert("RGB")
        .resize((WIDTH, height), Image.Resampling.LANCZOS)
        .quantize(COLOURS, Image.Quantize.MAXCOVERAGE)
    )


if __name__ == "__main__":
    IMAGES.mkdir(parents=True, exist_ok=True)
    for kind, name in SHOWN.items():
        with Image.open(FIGURES / f"{name}.png") as figure:
            small(figure).save(IMAGES / f"{kind}.png", optimize=True)

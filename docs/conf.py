"""How Sphinx builds these pages: ``sphinx-build -W -b html docs docs/_build``."""

import sk_imu

project = "sk_imu"
author = "The sk_imu developers"
copyright = f"2026, {author}"
version = release = sk_imu.__version__

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.mathjax",
    "myst_parser",
    "numpydoc",
    "sphinx_gallery.gen_gallery",
]
# Other projects' inventories would have to be fetched: left out, so that the pages are
# built without a network.
exclude_patterns = [
    "_build",
    "_templates",
    "recordings_table.rst",
    "sg_execution_times.rst",
]
templates_path = ["_templates"]
default_role = "py:obj"

autosummary_generate = True
autodoc_typehints = "none"
# The members are listed by _templates/autosummary/class.rst.
numpydoc_show_class_members = False
numpydoc_xref_param_type = False

sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "auto_examples",
    "abort_on_example_error": True,
    "download_all_examples": False,
    "min_reported_time": 60,
    "show_memory": False,
}

html_theme = "pydata_sphinx_theme"
html_title = project
html_theme_options = {
    "show_prev_next": False,
    "show_toc_level": 2,
    "footer_start": ["copyright"],
    "footer_end": [],
}
html_sidebars = {"install": [], "changelog": [], "study": []}
html_show_sourcelink = False

# Methods that come from scikit-learn and are documented there.
autosummary_context = {
    "skipped_methods": {
        "fit_transform",
        "get_metadata_routing",
        "get_params",
        "score",
    }
}

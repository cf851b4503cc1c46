"""Configuration of Sphinx: ``sphinx-build -W -b html docs docs/_build``."""

import os

import sk_imu

project = "sk_imu"
author = "The sk_imu developers"
copyright = f"2026, {author}"
version = release = sk_imu.__version__

extensions = [
    "matplotlib.sphinxext.figmpl_directive",
    "matplotlib.sphinxext.plot_directive",
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.mathjax",
    "sphinx_design",
    "sphinx_gallery.gen_gallery",
]
# Names of other projects become links only where their inventories may be downloaded.
# By default the build needs no network, and such names stay plain text.
if os.environ.get("SK_IMU_DOCS_ONLINE"):
    extensions.append("sphinx.ext.intersphinx")
    intersphinx_mapping = {
        "joblib": ("https://joblib.readthedocs.io/en/stable/", None),
        "matplotlib": ("https://matplotlib.org/stable/", None),
        "numpy": ("https://numpy.org/doc/stable/", None),
        "python": ("https://docs.python.org/3/", None),
        "sklearn": ("https://scikit-learn.org/stable/", None),
    }
exclude_patterns = [
    "_build",
    "_static",
    "_templates",
    "results/exports_table.rst",
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
    "within_subsection_order": "FileNameSortKey",  # in the order of the data
    "show_memory": False,
}

# Pages draw their pictures during the build, so that they cannot be out of date.
plot_formats = [("png", 100)]
plot_srcset = ["2x"]
plot_include_source = True
plot_html_show_source_link = False
plot_html_show_formats = False

html_theme = "pydata_sphinx_theme"
html_title = project
html_theme_options = {
    "header_links_before_dropdown": 6,
    "navbar_align": "left",
    "show_toc_level": 2,
    "footer_start": ["copyright"],
    "footer_end": [],
}
# The sidebar is too narrow for method names with their class in front.
toc_object_entries_show_parents = "hide"
html_sidebars = {"index": []}
html_static_path = ["_static/site"]
html_css_files = ["sk_imu.css"]
html_show_sourcelink = False

# scikit-learn documents these methods.
autosummary_context = {
    "skipped_methods": {
        "fit_transform",
        "get_metadata_routing",
        "get_params",
        "score",
    }
}

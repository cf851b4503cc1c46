"""Find test rows, or copies of them, among the training rows."""

from ._guard import LeakError, check_no_leak, find_leaks
from ._guard import across as across
from ._guard import describe_findings as describe_findings
from ._guard import find_copies as find_copies
from ._guard import findings_table as findings_table
from ._guard import shared_groups as shared_groups
from ._searches import LeakWarning, check_search

__all__ = ["LeakError", "LeakWarning", "check_no_leak", "check_search", "find_leaks"]

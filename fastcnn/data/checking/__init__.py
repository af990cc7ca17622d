"""What is wrong with a folder of photos: `check_folder` looks at every file, the report tells, prints and draws it."""

from fastcnn.data.checking.folder import check_folder
from fastcnn.data.checking.kinds import KINDS, Finding, Kind
from fastcnn.data.checking.report import Report

__all__ = ["KINDS", "Finding", "Kind", "Report", "check_folder"]

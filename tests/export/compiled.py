"""C headers compiled, and run on windows."""

import shutil
import subprocess
from functools import cache

import numpy as np
import pytest

STRICT = ("-Wall", "-Wextra", "-Werror", "-pedantic")
SANITIZED = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all")
# Reads windows, and writes the label and the scores of each; then those of the set.
PROGRAM = """\
#include <stdio.h>
#include "model.h"
int main(void) {
  static float window[SK_IMU_N_CHANNELS * SK_IMU_N_TIMESTEPS];
  float answer[1 + SK_IMU_N_SCORES];
  sk_imu_set set = {{0}, 0};
  while (fread(window, sizeof window, 1, stdin) == 1) {
    answer[0] = (float)sk_imu_predict_window(window, answer + 1);
    sk_imu_set_add(&set, answer + 1);
    fwrite(answer, sizeof answer, 1, stdout);
  }
  answer[0] = (float)sk_imu_set_predict(&set, answer + 1);
  return fwrite(answer, sizeof answer, 1, stdout) != 1;
}
"""


def needs(command):
    """Skip a test where a compiler is missing."""
    if shutil.which(command) is None:
        pytest.skip(f"{command} is not installed")


@cache
def _sanitizes(compiler):
    """Return whether a compiler has the libraries of its sanitizers."""
    made = subprocess.run(
        [compiler, *SANITIZED, "-xc", "-", "-o", "/dev/null"],
        input=b"int main(void) { return 0; }",
        capture_output=True,
    )
    return made.returncode == 0


def run_c(
    folder,
    windows,
    compiler="gcc",
    flags=("-std=c99", "-O1", *STRICT),
    program=PROGRAM,
    sanitized=True,
):
    """Compile ``model.h``; return labels and scores, of the windows and last of the set."""
    needs(compiler)
    suffix = "cpp" if compiler.endswith("++") else "c"
    source, binary = folder / f"main.{suffix}", folder / f"main_{compiler}"
    source.write_text(program)
    if sanitized and _sanitizes(compiler):
        flags = (*flags, *SANITIZED)
    command = [compiler, *flags, source, "-o", binary, "-lm"]
    subprocess.run(command, check=True)
    given = b"".join(np.ascontiguousarray(one, np.float32).tobytes() for one in windows)
    made = subprocess.run([binary], input=given, capture_output=True, check=True).stdout
    answers = np.frombuffer(made, np.float32).reshape(len(windows) + 1, -1)
    return answers[:, 0].astype(int), answers[:, 1:]

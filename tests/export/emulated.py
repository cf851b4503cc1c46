"""C headers run on an emulated microcontroller."""

import subprocess
from pathlib import Path

import numpy as np
from compiled import needs

BOARD = Path(__file__).parent / "cortex_m"
PROCESSOR = ["-mcpu=cortex-m4", "-mthumb", "-mfloat-abi=hard", "-mfpu=fpv4-sp-d16"]


def size_of(header, optimize="-Os"):
    """Return text and static RAM of a header, compiled for a Cortex-M4, in bytes."""
    needs("arm-none-eabi-gcc")
    source = header.with_name("size.c")
    source.write_text(
        f'#include "{header.name}"\nint one(const float *x, float *scores);\n'
        "int one(const float *x, float *scores) { "
        "return sk_imu_predict_window(x, scores); }\n"
    )
    made = source.with_suffix(".o")
    command = ["arm-none-eabi-gcc", *PROCESSOR, "-std=c99", optimize, "-c", source]
    subprocess.run([*command, "-o", made], check=True)
    command = ["arm-none-eabi-size", made]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    text, data, bss = map(int, shown.splitlines()[1].split()[:3])
    return text, data + bss


def run_emulated(folder, windows, optimize="-O2"):
    """Return labels, instructions, bytes of stack, and scores, for each window.

    qemu is no model of the processor's pipeline and memory: it counts instructions, and
    not cycles.
    """
    for command in ("arm-none-eabi-gcc", "qemu-system-arm"):
        needs(command)
    rows = ",\n".join(
        "{" + ", ".join(f"{value!s}f" for value in np.float32(one).ravel()) + "}"
        for one in windows
    )
    size = np.size(windows[0])
    (folder / "windows.h").write_text(
        f"#define N_WINDOWS {len(windows)}\n"
        f"static const float windows[{len(windows)}][{size}] = {{\n{rows}\n}};\n"
    )
    image = folder / "image.elf"
    command = ["arm-none-eabi-gcc", *PROCESSOR, "-std=gnu99", optimize, "-nostartfiles"]
    command += ["--specs=rdimon.specs", f"-T{BOARD / 'memory.ld'}", f"-I{folder}"]
    subprocess.run([*command, BOARD / "main.c", "-o", image, "-lm"], check=True)
    command = ["qemu-system-arm", "-machine", "mps2-an386", "-nographic", "-icount"]
    command += ["shift=0", "-semihosting-config", "enable=on,target=native"]
    command += ["-kernel", image]
    made = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, check=True, timeout=300
    )
    answers = np.array([line.split() for line in made.stdout.splitlines()], float)
    label, instructions, stack = answers[:, :3].T.astype(int)
    return label, instructions, stack, answers[:, 3:]

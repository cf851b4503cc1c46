/* Predict windows on a Cortex-M4, and print scores, instructions and stack of each. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "model.h"
#include "windows.h" /* N_WINDOWS, windows */

/* The timer of the processor. The emulator counts an instruction as a nanosecond, and the
 * board's clock has 25 MHz: a tick is 40 instructions. */
#define TIMER ((volatile uint32_t *)0xE000E010)
enum { INSTRUCTIONS_IN_TICK = 40, PAINTED = 16384 };
static const uint32_t PAINT = 0xA5A5A5A5;

/* Predict, and return how much of the painted stack was overwritten, in bytes. */
static __attribute__((noinline)) int predict(const float *window, float *scores, int *label) {
  volatile uint32_t *top = (volatile uint32_t *)__builtin_frame_address(0) - 64;
  volatile uint32_t *lowest = top - PAINTED / 4;
  for (volatile uint32_t *p = lowest; p < top; p++) *p = PAINT;
  *label = sk_imu_predict_window(window, scores);
  while (*lowest == PAINT) lowest++;
  return (int)((char *)__builtin_frame_address(0) - (char *)lowest);
}

int main(void) {
  float scores[SK_IMU_N_SCORES];
  int label, stack;
  for (int i = 0; i < N_WINDOWS; i++) {
    stack = predict(windows[i], scores, &label);
    TIMER[1] = 0xFFFFFF;
    TIMER[2] = 0;
    TIMER[0] = 5; /* on, by the clock of the processor */
    label = sk_imu_predict_window(windows[i], scores);
    uint32_t ticks = 0xFFFFFF - TIMER[2];
    TIMER[0] = 0;
    printf("%d %lu %d", label, (unsigned long)ticks * INSTRUCTIONS_IN_TICK, stack);
    for (int j = 0; j < SK_IMU_N_SCORES; j++) printf(" %.9g", (double)scores[j]);
    puts("");
  }
  exit(0);
}

/* What a microcontroller does before main(). */
extern char stack_top[], data_start[], data_end[], data_source[], bss_start[], bss_end[];
void initialise_monitor_handles(void);
void _fini(void);

static void reset(void) {
  *(volatile uint32_t *)0xE000ED88 |= 0xF << 20; /* floating point on */
  __asm volatile("dsb\n isb");
  for (char *to = data_start, *from = data_source; to < data_end;) *to++ = *from++;
  for (char *to = bss_start; to < bss_end;) *to++ = 0;
  initialise_monitor_handles();
  main();
}

/* The C library calls it at exit. */
void _fini(void) {}

static void fault(void) {
  for (;;) {
  }
}

__attribute__((section(".vectors"), used)) static const void *const vectors[16] = {
    stack_top, (void *)reset, (void *)fault, (void *)fault,
    (void *)fault, (void *)fault, (void *)fault,
};

/*
 * Recognize exercises from a stream of samples, as firmware does.
 *
 *     sk-imu export model.skops --format c --weights int8 -o model.h
 *     cc -std=c99 -O2 recognize.c -o recognize -lm
 *     ./recognize < samples.txt
 *
 * Here a sample is a line of text with one number for each channel. On a device,
 * read_sample() waits for the sensor's interrupt and converts to m/s^2 and rad/s.
 */
#include <stdio.h>

#include "model.h"

/* The last samples. The one at `oldest` is replaced next. */
static float ring[SK_IMU_N_TIMESTEPS][SK_IMU_N_CHANNELS];
static int oldest;

/* The same in the order that the model takes: a row for each channel. */
static float window[SK_IMU_N_CHANNELS][SK_IMU_N_TIMESTEPS];

static int read_sample(float *sample) {
  for (int c = 0; c < SK_IMU_N_CHANNELS; c++)
    if (scanf("%f", &sample[c]) != 1) return 0;
  return 1;
}

static void push(const float *sample) {
  for (int c = 0; c < SK_IMU_N_CHANNELS; c++) ring[oldest][c] = sample[c];
  oldest = (oldest + 1) % SK_IMU_N_TIMESTEPS;
}

static void fill_window(void) {
  for (int t = 0; t < SK_IMU_N_TIMESTEPS; t++)
    for (int c = 0; c < SK_IMU_N_CHANNELS; c++)
      window[c][t] = ring[(oldest + t) % SK_IMU_N_TIMESTEPS][c];
}

int main(void) {
  float sample[SK_IMU_N_CHANNELS], scores[SK_IMU_N_SCORES];
  sk_imu_set set = {{0}, 0};
  int label;

  for (long n = 1; read_sample(sample); n++) {
    push(sample);
    /* The first window is full, or half of the window is new. */
    if (n < SK_IMU_N_TIMESTEPS || (n - SK_IMU_N_TIMESTEPS) % SK_IMU_N_STEP != 0) continue;
    fill_window();
    label = sk_imu_predict_window(&window[0][0], scores);
    sk_imu_set_add(&set, scores);
    printf("%6.2f s  %s\n", n / SK_IMU_RATE_HZ,
           label < 0 ? "a sample is not a number" : sk_imu_class_names[label]);
  }
  label = sk_imu_set_predict(&set, scores);
  if (label < 0) {
    puts("Too few samples for a window.");
    return 1;
  }
  printf("the set   %s\n", sk_imu_class_names[label]);
  return 0;
}

/* Stands for Arduino's core in the tests of its packages: what the sketches call, and a main that
 * runs them once. */
#include <stdint.h>
#include <stdio.h>

struct SerialPort {
  void begin(long) {}
  void print(const char *text) {
    printf("%s", text);
  }
  void print(long value) {
    printf("%ld", value);
  }
  void println(long value) {
    printf("%ld\n", value);
  }
};
static SerialPort Serial;
static void delay(unsigned long) {}

void setup();
void loop();
int main() {
  setup();
  loop();
  return 0;
}

#include <stdio.h>
#include <stdlib.h>
static int compare(const void *a, const void *b) { return *(const int *)a - *(const int *)b; }
int main(void) {
  int numbers[1000], count = 0;
  while (count < 1000 && scanf("%d", &numbers[count]) == 1) count++;
  qsort(numbers, count, sizeof *numbers, compare);
  printf("%d\n", numbers[count / 2]);
}

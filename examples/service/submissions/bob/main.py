# Forgets to sort.
numbers = list(map(int, input().split()))
print(numbers[len(numbers) // 2])

numbers = sorted(map(int, input().split()))
print(numbers[len(numbers) // 2])

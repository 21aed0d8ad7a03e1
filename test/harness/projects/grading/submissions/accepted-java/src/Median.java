import java.util.*;
public class Median {
  public static void main(String[] args) {
    List<Integer> numbers = new ArrayList<>();
    Scanner in = new Scanner(System.in);
    while (in.hasNextInt()) numbers.add(in.nextInt());
    Collections.sort(numbers);
    System.out.println(numbers.get(numbers.size() / 2));
  }
}

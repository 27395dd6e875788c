/** Small numbers for things that are equal by a text: the same text, the same number, from 1. */
export class Intern<Item> {
  private readonly numbers = new Map<string, number>();
  private readonly items: (Item | undefined)[] = [undefined];

  /** `make` is called for a text not seen before. */
  numberFor(text: string, make: (number: number) => Item): number {
    const known = this.numbers.get(text);
    if (known !== undefined) return known;
    const number = this.items.length;
    this.numbers.set(text, number);
    this.items.push(undefined);
    this.items[number] = make(number);
    return number;
  }

  get(number: number): Item {
    const item = this.items[number];
    if (item === undefined) throw new RangeError(`nothing has the number ${number}`);
    return item;
  }

  get size(): number {
    return this.items.length - 1;
  }
}

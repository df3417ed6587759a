/** Stable numbers for objects of the target, without keeping the objects alive. */
export class ObjectIds {
  private next = 0;
  private readonly ids = new WeakMap<object, number>();

  of(object: object): number {
    let id = this.ids.get(object);
    if (id === undefined) {
      id = ++this.next;
      this.ids.set(object, id);
    }
    return id;
  }
}

// The work behind one request: 26 calls of 26 functions, six of them asynchronous, as a small service layer makes them.

const products = Array.from({ length: 200 }, (_, id) => ({
  id,
  name: `product ${id}`,
  price: (id * 37) % 500,
  stock: id % 9,
}));

export class Catalogue {
  async page(number) {
    const ids = this.idsOf(number);
    await null;
    const items = [this.first(ids), this.second(ids), this.third(ids)];
    return { number, items, count: this.count() };
  }
  idsOf(number) {
    return [number % 200, (number + 7) % 200, (number + 13) % 200];
  }
  first(ids) {
    return products[ids[0]];
  }
  second(ids) {
    return products[ids[1]];
  }
  third(ids) {
    return products[ids[2]];
  }
  count() {
    return products.length;
  }
}

export class Prices {
  async quote(item, customer) {
    const base = this.base(item);
    await null;
    return this.round(this.withTax(this.discounted(base, this.discount(customer))));
  }
  base(item) {
    return item.price;
  }
  discount(customer) {
    return customer.level / 100;
  }
  discounted(price, share) {
    return price * (1 - share);
  }
  withTax(price) {
    return price * 1.19;
  }
  round(price) {
    return Math.round(price * 100) / 100;
  }
}

export class Stock {
  async check(item) {
    await null;
    return this.enough(this.available(item) + 3, this.reserved(item));
  }
  available(item) {
    return item.stock;
  }
  reserved(item) {
    return item.id % 3;
  }
  enough(available, reserved) {
    return available > reserved;
  }
}

export class Customers {
  async load(id) {
    await null;
    return this.build(id, this.levelOf(id));
  }
  levelOf(id) {
    return id % 20;
  }
  build(id, level) {
    return { id, name: `customer ${id}`, level };
  }
}

export class Answers {
  async render(page, quote, inStock, customer) {
    await null;
    return {
      title: this.title(page),
      greeting: this.greeting(customer),
      offer: this.offer(page.items[0], quote, inStock),
      footer: this.footer(customer),
    };
  }
  title(page) {
    return `Page ${page.number} of ${page.count}`;
  }
  greeting(customer) {
    return `Hello ${customer.name}`;
  }
  offer(item, quote, inStock) {
    return { item, quote, inStock: inStock ? this.hint(item) : 'sold out' };
  }
  hint(item) {
    return item.stock > 5 ? 'in stock' : 'few left';
  }
  footer(customer) {
    return customer.level > 10 ? 'thank you' : 'welcome';
  }
}

export const parts = {
  catalogue: new Catalogue(),
  prices: new Prices(),
  stock: new Stock(),
  customers: new Customers(),
  answers: new Answers(),
};

export class Shop {
  async serve(id) {
    const page = await parts.catalogue.page(id);
    const customer = await parts.customers.load(id);
    const quote = await parts.prices.quote(page.items[0], customer);
    const inStock = await parts.stock.check(page.items[0]);
    return parts.answers.render(page, quote, inStock, customer);
  }
}
export const shop = new Shop();

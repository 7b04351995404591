// Light or dark, as the reader's system is; the colours are those of the picture of the atoms.

class Theme extends EventTarget {
  #dark = matchMedia("(prefers-color-scheme: dark)");
  #address; // of the picture that is shown

  constructor() {
    super();
    this.#dark.addEventListener("change", () => {
      this.apply();
      this.dispatchEvent(new Event("change"));
    });
  }

  get colours() {
    return this.#dark.matches ? data.dark : data.light;
  }

  apply() {
    const root = document.documentElement;
    for (const name of ["page", "ink", "quiet", "rule"]) {
      root.style.setProperty(`--${name}`, this.colours[name]);
    }
    const svg = this.colours.picture;
    $("atoms").hidden = svg === undefined;
    if (svg !== undefined) {
      URL.revokeObjectURL(this.#address);
      this.#address = URL.createObjectURL(new Blob([svg], { type: "image/svg+xml" }));
      $("picture").src = this.#address;
    }
  }
}

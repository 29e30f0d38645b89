// The words of part 2, Look inside.

export const INSIDE = {
  "inside.title": ["Look inside", "往里看"],
  "inside.hint": ["one line, one step", "一行，一步"],
};

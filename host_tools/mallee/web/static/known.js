// What a document knows of a device, by the names of its points: the same as the API's (web/points.py), and live.

export function knownOf(member, name) {
  const [field, number, part] = name.split(".");
  const found = field === "branch" ? member.branches?.find((each) => each.number === Number(number))?.[part] : number ? member[field]?.[number - 1] : member[field];
  return found?.quality ? found : null;
}

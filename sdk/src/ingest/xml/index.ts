export { createXmlReader, readXml, type XmlItem } from "./readXml.ts";
export { childOf, otherChildren, plainValue, textOf, type XmlAttributes, type XmlElement } from "./xmlElement.ts";
export { xmlRootOf } from "./xmlRootOf.ts";

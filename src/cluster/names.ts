/** Names in Kubernetes and DNS. */

/** RFC 1123 label: what Kubernetes takes as a name that is part of a DNS name. */
export function isDnsLabel(text: string): boolean {
  return text.length <= 63 && /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(text)
}

/** RFC 1123 subdomain. Four numbers would match, but they are meant as an IP address, even if an invalid one. */
export function isDnsName(text: string): boolean {
  if (text.length > 253 || /^[\d.]+$/.test(text)) return false
  return text
    .split('.')
    .every((label) => label.length <= 63 && /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/i.test(label))
}

/** RFC 1123 subdomain as Kubernetes and kubeadm accept it: lowercase only. */
export function isLowercaseDnsName(text: string): boolean {
  return isDnsName(text) && text === text.toLowerCase()
}

/** A host name that an ssh configuration may use although it is not a valid DNS name, e.g. `k8s_w1`. */
export function isAlias(text: string): boolean {
  return /^[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?$/.test(text) && !/^[\d.]+$/.test(text)
}

/** `key` or `prefix/key`: the format of Kubernetes label and taint keys. */
export function isQualifiedName(text: string): boolean {
  const [name = '', prefix, ...rest] = text.split('/').reverse()
  if (rest.length > 0 || (prefix !== undefined && !isLowercaseDnsName(prefix))) {
    return false
  }
  return name.length <= 63 && /^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/.test(name)
}

/** The value of a label or taint; may be empty. */
export function isLabelValue(text: string): boolean {
  return text === '' || (text.length <= 63 && /^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/.test(text))
}

/** Whether the text is an absolute URL of one of the schemes. */
export function isUrl(text: string, schemes: readonly string[]): boolean {
  if (/\s/.test(text) || !URL.canParse(text)) return false
  const { protocol, hostname } = new URL(text)
  return schemes.includes(protocol.replace(':', '')) && hostname !== ''
}

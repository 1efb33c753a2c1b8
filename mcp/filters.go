package mcp

// filterReference is the resource that teaches display filters.
const filterReference = `# Display filters

The language is Wireshark's display filter language; a filter selects the same
frames as in Wireshark. list_fields finds field names.

## Tests

| filter | matches packets |
| --- | --- |
| tcp | that contain TCP |
| tcp.flags.reset == 1 | whose RST flag is set |
| ip.addr == 192.0.2.1 | from or to this address |
| ip.src == 10.0.0.0/8 | from this network |
| ipv6.addr == 2001:db8::/32 | IPv6, from or to this network |
| eth.addr == 02:00:00:00:00:01 | from or to this MAC address |
| tcp.port == 443 | from or to this TCP port |
| tcp.port in {80, 443, 8000..8010} | of one of these ports |
| udp.dstport != 53 | UDP to any other port |
| frame.len > 1000 | longer than 1000 bytes |
| frame.number >= 100 && frame.number < 200 | number 100 to 199 |
| frame.time_relative < 2.5 | in the first 2.5 seconds |
| tcp.stream == 3 | of TCP stream 3 (stream of list_connections) |
| ip.ttl < 10 | with a small time to live |
| icmp.type == 3 | ICMP destination unreachable |
| arp.opcode == 1 | ARP requests |
| eth.dst contains ff:ff | with these bytes in the destination |

## Operators

- compare: ==, !=, >, <, >=, <= (also eq, ne, gt, lt, ge, le); contains; matches (regular expression); in {a, b, c..d}
- combine: && (and), || (or), ! (not), parentheses. and binds tighter than or.
- addresses take a prefix length; texts stand in double quotes; numbers may be hexadecimal (0x1f).

## Common questions

- connection attempts: tcp.flags.syn == 1 && tcp.flags.ack == 0 (or tcp_flags SYN,!ACK)
- refused or aborted: tcp.flags.reset == 1 (for whole connections: list_connections with state REJ,RSTO,RSTR)
- no answer to SYN: list_connections with state S0
- DNS: udp.port == 53 || tcp.port == 53
- broadcast and multicast: eth.dst == ff:ff:ff:ff:ff:ff || ip.dst == 224.0.0.0/4
- fragments: ip.flags.mf == 1 || ip.frag_offset > 0
- unreachable: icmp.type == 3 || icmpv6.type == 1

## Pitfalls

- A field name alone asks whether the field is there: tcp.flags.reset matches every TCP packet. Write == 1.
- A field may have several values (tunnels, ICMP errors): == asks whether one fits, != whether none is equal.
- !(ip.addr == 192.0.2.1) also matches packets without IP; ip.addr != 192.0.2.1 does not.
- In list_connections a filter chooses connections of which one packet matches: a negation chooses nearly all.
`

package dissect

import (
	"cmp"
	"slices"
)

// valueName is the name of a number.
type valueName struct {
	number uint32
	name   string
}

// valueNames are names by number, in ascending order.
type valueNames []valueName

// of gives the name of a number; "" if it has none.
func (names valueNames) of(number uint64) string {
	i, ok := slices.BinarySearchFunc(names, number, func(n valueName, number uint64) int {
		return cmp.Compare(uint64(n.number), number)
	})
	if !ok {
		return ""
	}
	return names[i].name
}

// ipProtocolName gives the name of an IP protocol.
func ipProtocolName(protocol uint64) string {
	const firstUnassigned, lastUnassigned = 144, 223
	if name := ipProtocolNames.of(protocol); name != "" {
		return name
	}
	if protocol >= firstUnassigned && protocol <= lastUnassigned {
		return "Unassigned"
	}
	return ""
}

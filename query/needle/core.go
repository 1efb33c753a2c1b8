package needle

// Core is the length of the longest of the literals that Next looks for: every match
// holds one of them. 0 says that there are none, and Next tells nothing.
func (n *Needle) Core() (longest int) {
	for i := range n.literals {
		longest = max(longest, len(n.literals[i].bytes))
	}
	return longest
}

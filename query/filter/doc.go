// Package filter is Wireshark's display-filter language: same fields, same
// meaning, same frames as Wireshark 4.0 in one pass.
//
// Parse turns text into a Tree, Check gives it types and a Filter, and
// Filter.Match asks it of one frame at a time, given as a Record. The checked
// tree is open (And, Or, Not, Test), so that a planner can turn
// tcp.port in {80, 443} into a look-up in an index: a Test has its operator,
// its field and its constants as typed Values.
//
// A field has any number of values in a frame. A comparison holds when one
// value (Test.All unset) or every value (Test.All set) satisfies it, and never
// when the frame has no value at all: tcp.port != 80 needs a port, and that all
// ports differ; tcp.port !== 80 needs one port that differs. A field alone asks
// whether the frame has it, whatever its value.
//
// Arithmetic, slices and layer numbers are Wireshark's too but are refused here
// by name. Errors carry the place in the text and, where there is one, the way
// out; a filter that is valid but rarely means what it says carries hints.
package filter

// Limits of a filter. The first keeps the error texts readable, the second
// bounds the recursion of everything that walks a tree.
const (
	MaxLength = 4096 // bytes of filter text
	MaxDepth  = 100  // parentheses, negations and calls inside each other
)

// Package buffers lends slices that grow, and takes them back.
//
// Chunks of connections, texts of bodies and fields of messages come and go by the
// hundred thousand while a capture is decoded. What append makes anew each time it
// doubles them was most of the memory that an ingest asked for.
package buffers

import "math/bits"

// Pool keeps slices for their next use. It is used by one goroutine; make one with New.
type Pool[T any] struct {
	spare [sizes][][]T
	most  int
}

// Slices have room for 16, 24, 32, 48, 64, 96 ... values, up to 1 Mi; longer ones are not
// kept.
const (
	least = 4 // 1 << least is the smallest size
	sizes = 2*16 + 1
)

// sizeOf gives the room that the slices of a class have.
func sizeOf(class int) int { return (2 + class&1) << (class/2 + least - 1) }

// classFor gives the class of the smallest slices that have room for n values.
func classFor(n int) int {
	class := 2 * max(0, bits.Len(uint(n-1))-least)
	if class > 0 && n <= sizeOf(class-1) {
		class--
	}
	return class
}

// New makes a pool that keeps about as many values in the spare slices of each size, and
// at least one slice of each.
func New[T any](values int) *Pool[T] { return &Pool[T]{most: values} }

// Grow gives s, or a longer slice with what stands in it, that has room for n values in
// all. s is not the caller's any more.
func (p *Pool[T]) Grow(s []T, n int) []T {
	if n <= cap(s) {
		return s
	}
	class := classFor(n)
	var longer []T
	switch {
	case class >= sizes:
		longer = make([]T, 0, n+n/4)
	case len(p.spare[class]) > 0:
		last := len(p.spare[class]) - 1
		longer, p.spare[class] = p.spare[class][last], p.spare[class][:last]
	default:
		longer = make([]T, 0, sizeOf(class))
	}
	longer = append(longer, s...)
	p.Give(s)
	return longer
}

// Give takes a slice back. Its values are forgotten.
func (p *Pool[T]) Give(s []T) {
	if cap(s) < sizeOf(0) || cap(s) > sizeOf(sizes-1) {
		return
	}
	class := classFor(cap(s))
	if cap(s) < sizeOf(class) {
		class--
	}
	if len(p.spare[class]) > max(0, p.most/sizeOf(class)-1) {
		return
	}
	clear(s)
	p.spare[class] = append(p.spare[class], s[:0])
}

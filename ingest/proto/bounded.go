package proto

// bounded is a map that keeps the keys that came last.
type bounded[K comparable, V any] struct {
	by    map[K]V
	order []K // a ring, once it is full
	next  int // place of the oldest one
	most  int
}

func newBounded[K comparable, V any](most int) *bounded[K, V] {
	return &bounded[K, V]{by: map[K]V{}, most: most}
}

// put adds a key, or changes its value.
func (b *bounded[K, V]) put(key K, value V) {
	if _, known := b.by[key]; !known {
		if len(b.order) < b.most {
			b.order = append(b.order, key)
		} else {
			delete(b.by, b.order[b.next])
			b.order[b.next] = key
			b.next = (b.next + 1) % b.most
		}
	}
	b.by[key] = value
}

package profile

import (
	"slices"
	"strconv"
)

// includeNotes reports loops of include_profile and then lets every profile
// inherit role_arn and source_profile, which decide the loops of sources.
func (l *links) includeNotes(n *notes) {
	next := make([]int32, len(l.nodes))
	for i := range l.nodes {
		next[i] = l.index(l.nodes[i].include)
	}
	for _, cycle := range cycles(next) {
		text := "include_profile loop: " + l.path(cycle)
		for _, i := range cycle {
			nd := &l.nodes[i]
			n.add(nd.diagnostic(CodeIncludeLoop, l.origin(nd.include.line, keyInclude), text))
			next[i] = -1
		}
	}
	done := make([]bool, len(l.nodes))
	var way []int32
	for start := range l.nodes {
		way = way[:0]
		for i := int32(start); i >= 0 && !done[i]; i = next[i] {
			done[i] = true
			way = append(way, i)
		}
		for _, i := range slices.Backward(way) {
			if next[i] < 0 {
				continue
			}
			nd, from := &l.nodes[i], &l.nodes[next[i]]
			nd.role = nd.role || from.role
			if nd.source.to == "" {
				nd.source = from.source
			}
		}
	}
}

// sourceNotes reports loops of source_profile. Keys end a chain where it
// reaches a profile as a source, so a loop is one for those profiles only from
// which no other profile with keys is reached.
func (l *links) sourceNotes(n *notes) {
	next := make([]int32, len(l.nodes))
	for i := range l.nodes {
		next[i] = -1
		if nd := &l.nodes[i]; nd.role {
			next[i] = l.index(nd.source)
		}
	}
	for _, cycle := range cycles(next) {
		if len(cycle) == 1 {
			if nd := &l.nodes[cycle[0]]; !nd.static {
				n.add(nd.diagnostic(CodeSourceSelf, l.origin(nd.source.line, keySource), ""))
			}
			continue
		}
		static := 0
		for _, i := range cycle {
			if l.nodes[i].static {
				static++
			}
		}
		text := "source_profile loop: " + l.path(cycle)
		for _, i := range cycle {
			nd := &l.nodes[i]
			if static == 0 || static == 1 && nd.static {
				n.add(nd.diagnostic(CodeSourceLoop, l.origin(nd.source.line, keySource), text))
			}
		}
	}
}

// path names the profiles of a cycle, the first one again at its end.
func (l *links) path(cycle []int32) string {
	names := make([]string, 0, 11)
	for _, i := range cycle[:min(len(cycle), 8)] {
		names = append(names, l.nodes[i].name)
	}
	if len(cycle) > 8 {
		names = append(names, "("+strconv.Itoa(len(cycle)-8)+" more)")
	}
	return path(append(names, l.nodes[cycle[0]].name))
}

// cycles returns the cycles of a graph in which each node leads to at most one.
func cycles(next []int32) [][]int32 {
	var found [][]int32
	walk := make([]int32, len(next)) // 0 unseen, else the number of the walk that saw it
	for start := range next {
		number := int32(start) + 1
		i := int32(start)
		for i >= 0 && walk[i] == 0 {
			walk[i] = number
			i = next[i]
		}
		if i < 0 || walk[i] != number {
			continue
		}
		cycle := []int32{i}
		for j := next[i]; j != i; j = next[j] {
			cycle = append(cycle, j)
		}
		found = append(found, cycle)
	}
	return found
}

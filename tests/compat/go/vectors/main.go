// Print what golang.org/x/mod/sumdb/tlog says of a log of 1000 records "entry 0", "entry 1" …: roots, and proofs.
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"golang.org/x/mod/sumdb/tlog"
)

type record struct {
	Size, Index int64
	Proof       []tlog.Hash
}

type growth struct {
	Old, New int64
	Proof    []tlog.Hash
}

type vectors struct {
	Roots   map[int64]tlog.Hash
	Records []record
	Trees   []growth
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func main() {
	var stored []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) (found []tlog.Hash, err error) {
		for _, index := range indexes {
			found = append(found, stored[index])
		}
		return found, nil
	})
	sizes := []int64{1, 2, 3, 7, 8, 9, 255, 256, 257, 511, 700, 1000}
	out := vectors{Roots: map[int64]tlog.Hash{}}
	for at := int64(0); at < 1000; at++ {
		hashes, err := tlog.StoredHashes(at, []byte(fmt.Sprintf("entry %d", at)), reader)
		must(err)
		stored = append(stored, hashes...)
	}
	for place, size := range sizes {
		root, err := tlog.TreeHash(size, reader)
		must(err)
		out.Roots[size] = root
		for _, index := range []int64{0, size / 3, size - 1} {
			proof, err := tlog.ProveRecord(size, index, reader)
			must(err)
			out.Records = append(out.Records, record{size, index, proof})
		}
		for _, old := range sizes[:place] {
			proof, err := tlog.ProveTree(size, old, reader)
			must(err)
			out.Trees = append(out.Trees, growth{old, size, proof})
		}
	}
	must(json.NewEncoder(os.Stdout).Encode(out))
}

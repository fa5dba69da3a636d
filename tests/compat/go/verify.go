// Verify a log with nothing of ours: golang.org/x/mod/sumdb/note and sumdb/tlog.
//
//	verify KEY FOLDER
//
// FOLDER holds checkpoint-<size> (signed notes), tile/<L>/<N>[.p/<W>], tile/entries/<N>[.p/<W>] and, for some entries,
// <index>.tlog-proof. Every checkpoint's signature is checked, every leaf hash is read through authenticated tiles and
// compared with the entry bundles, the newest tree is proven to contain each older one, and each proof file is checked.
package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type checkpoint struct {
	size int64
	root tlog.Hash
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func check(holds bool, what string) {
	if !holds {
		must(fmt.Errorf("does not hold: %s", what))
	}
}

func open(data []byte, verifier note.Verifier) checkpoint {
	opened, err := note.Open(data, note.VerifierList(verifier))
	must(err)
	lines := strings.Split(opened.Text, "\n")
	check(len(lines) == 4 && lines[0] == verifier.Name(), "origin")
	size, err := strconv.ParseInt(lines[1], 10, 64)
	must(err)
	root, err := tlog.ParseHash(lines[2])
	must(err)
	return checkpoint{size, root}
}

// reader serves tiles of height 8 from the folder, as the log names them (without the height).
type reader struct{ folder string }

func (reader) Height() int                     { return 8 }
func (reader) SaveTiles([]tlog.Tile, [][]byte) {}
func (r reader) ReadTiles(ts []tlog.Tile) (d [][]byte, e error) {
	for _, t := range ts {
		path := strings.Replace(t.Path(), "tile/8/", "tile/", 1)
		data, err := os.ReadFile(filepath.Join(r.folder, path))
		if err != nil {
			return nil, err
		}
		d = append(d, data)
	}
	return d, nil
}

func leaves(folder string, size int64) (found [][]byte) {
	for n := int64(0); n*256 < size; n++ {
		t := tlog.Tile{H: 8, L: 0, N: n, W: 256}
		if size < (n+1)*256 {
			t.W = int(size - n*256)
		}
		path := strings.Replace(t.Path(), "tile/8/0/", "tile/entries/", 1)
		data, err := os.ReadFile(filepath.Join(folder, path))
		must(err)
		for len(data) > 0 {
			length := int(binary.BigEndian.Uint16(data))
			found = append(found, data[2:2+length])
			data = data[2+length:]
		}
	}
	return found
}

// checkProof checks a C2SP tlog-proof: its leaf is the extra data itself, or a commitment to it.
func checkProof(data []byte, verifier note.Verifier) {
	head, rest, found := strings.Cut(string(data), "\n\n")
	check(found, "an empty line")
	lines := strings.Split(head, "\n")
	check(lines[0] == "c2sp.org/tlog-proof@v1" && strings.HasPrefix(lines[1], "extra "), "its first lines")
	leaf, err := base64.StdEncoding.DecodeString(lines[1][6:])
	must(err)
	prefix := []byte("aboveboard.entry/1\n")
	if !bytes.HasPrefix(leaf, prefix) {
		leaf = append(prefix, []byte(fmt.Sprintf("%x\n", sha256.Sum256(leaf)))...)
	}
	index, err := strconv.ParseInt(strings.TrimPrefix(lines[2], "index "), 10, 64)
	must(err)
	var proof tlog.RecordProof
	for _, line := range lines[3:] {
		hash, err := tlog.ParseHash(line)
		must(err)
		proof = append(proof, hash)
	}
	point := open([]byte(rest), verifier)
	must(tlog.CheckRecord(proof, point.size, point.root, index, tlog.RecordHash(leaf)))
}

func main() {
	verifier, err := note.NewVerifier(os.Args[1])
	must(err)
	folder := os.Args[2]
	names, err := filepath.Glob(filepath.Join(folder, "checkpoint-*"))
	must(err)
	var points []checkpoint
	for _, name := range names {
		data, err := os.ReadFile(name)
		must(err)
		points = append(points, open(data, verifier))
	}
	sort.Slice(points, func(a, b int) bool { return points[a].size < points[b].size })
	newest := points[len(points)-1]
	hashes := tlog.TileHashReader(tlog.Tree{N: newest.size, Hash: newest.root}, reader{folder})
	entries := leaves(folder, newest.size)
	check(int64(len(entries)) == newest.size, "as many entries as the checkpoint says")
	for at, entry := range entries {
		stored, err := hashes.ReadHashes([]int64{tlog.StoredHashIndex(0, int64(at))})
		must(err)
		check(stored[0] == tlog.RecordHash(entry), "an entry and its hash")
	}
	for _, older := range points[:len(points)-1] {
		proof, err := tlog.ProveTree(newest.size, older.size, hashes)
		must(err)
		must(tlog.CheckTree(proof, newest.size, newest.root, older.size, older.root))
	}
	proofs, err := filepath.Glob(filepath.Join(folder, "*.tlog-proof"))
	must(err)
	for _, name := range proofs {
		data, err := os.ReadFile(name)
		must(err)
		checkProof(data, verifier)
	}
	fmt.Printf("%d checkpoints, %d entries, %d proofs\n", len(points), len(entries), len(proofs))
}

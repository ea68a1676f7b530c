// Checks and makes transparent log proofs with nothing but golang.org/x/mod/sumdb, the packages
// behind Go's checksum database, which know nothing of Tillgate.
//
//	sumdb check VKEY PROOF-FILE [LEAF-FILE]   exit 0 and "ok …", or 1 and what is wrong
//	sumdb consistent VKEY OLD-NOTE NEW-NOTE PROOF-FILE   the same for two signed heads
//	sumdb make NAME SIZE                      a log of its own making, as JSON
package main

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}

func run(args []string) error {
	switch {
	case len(args) >= 3 && args[0] == "check":
		return check(args[1], args[2], args[3:])
	case len(args) == 5 && args[0] == "consistent":
		return consistent(args[1], args[2], args[3], args[4])
	case len(args) == 3 && args[0] == "make":
		return makeLog(args[1], args[2])
	}
	return errors.New("usage: sumdb check|consistent|make …")
}

type head struct {
	origin string
	size   int64
	root   tlog.Hash
}

func openHead(vkey string, signed []byte) (head, error) {
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		return head{}, err
	}
	opened, err := note.Open(signed, note.VerifierList(verifier))
	if err != nil {
		return head{}, err
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[3] != "" || lines[0] != verifier.Name() {
		return head{}, errors.New("not a checkpoint of the key's log")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return head{}, err
	}
	root, err := tlog.ParseHash(lines[2])
	return head{lines[0], size, root}, err
}

func parseHashes(lines []string) ([]tlog.Hash, error) {
	var hashes []tlog.Hash
	for _, line := range lines {
		if line == "" {
			continue
		}
		hash, err := tlog.ParseHash(line)
		if err != nil {
			return nil, err
		}
		hashes = append(hashes, hash)
	}
	return hashes, nil
}

func check(vkey, proofFile string, leafFile []string) error {
	content, err := os.ReadFile(proofFile)
	if err != nil {
		return err
	}
	top, signed, found := strings.Cut(string(content), "\n\n")
	lines := strings.Split(top, "\n")
	if !found || lines[0] != "c2sp.org/tlog-proof@v1" {
		return errors.New("not a tlog-proof")
	}
	lines = lines[1:]
	var leaf []byte
	if len(lines) > 0 && strings.HasPrefix(lines[0], "extra ") {
		if leaf, err = base64.StdEncoding.DecodeString(lines[0][len("extra "):]); err != nil {
			return err
		}
		lines = lines[1:]
	}
	if len(leafFile) > 0 {
		given, err := os.ReadFile(leafFile[0])
		if err != nil {
			return err
		}
		if leaf != nil && !bytes.Equal(leaf, given) {
			return errors.New("the extra line is not the leaf")
		}
		leaf = given
	}
	if len(lines) == 0 || !strings.HasPrefix(lines[0], "index ") {
		return errors.New("no index line")
	}
	index, err := strconv.ParseInt(lines[0][len("index "):], 10, 64)
	if err != nil {
		return err
	}
	proof, err := parseHashes(lines[1:])
	if err != nil {
		return err
	}
	head, err := openHead(vkey, []byte(signed))
	if err != nil {
		return err
	}
	hash := tlog.RecordHash(leaf)
	if err := tlog.CheckRecord(tlog.RecordProof(proof), head.size, head.root, index, hash); err != nil {
		return err
	}
	fmt.Printf("ok %s %d %d\n", head.origin, head.size, index)
	return nil
}

func consistent(vkey, oldFile, newFile, proofFile string) error {
	var heads [2]head
	for i, file := range []string{oldFile, newFile} {
		signed, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		if heads[i], err = openHead(vkey, signed); err != nil {
			return err
		}
	}
	content, err := os.ReadFile(proofFile)
	if err != nil {
		return err
	}
	proof, err := parseHashes(strings.Split(string(content), "\n"))
	if err != nil {
		return err
	}
	older, newer := heads[0], heads[1]
	err = tlog.CheckTree(tlog.TreeProof(proof), newer.size, newer.root, older.size, older.root)
	if err == nil {
		fmt.Printf("ok %d %d\n", older.size, newer.size)
	}
	return err
}

type memory struct{ hashes []tlog.Hash }

func (m *memory) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		out[i] = m.hashes[index]
	}
	return out, nil
}

type leafProof struct {
	Index int64  `json:"index"`
	Leaf  []byte `json:"leaf"`
	Proof string `json:"proof"`
}

type treeProof struct {
	Size   int64    `json:"size"`
	Root   []byte   `json:"root"`
	Hashes [][]byte `json:"hashes"`
}

func makeLog(name, count string) error {
	size, err := strconv.ParseInt(count, 10, 64)
	if err != nil {
		return err
	}
	skey, vkey, err := note.GenerateKey(rand.Reader, name)
	if err != nil {
		return err
	}
	signer, err := note.NewSigner(skey)
	if err != nil {
		return err
	}
	store := &memory{}
	leaves := [][]byte{}
	for n := int64(0); n < size; n++ {
		leaf := []byte(fmt.Sprintf("record %d", n))
		hashes, err := tlog.StoredHashes(n, leaf, store)
		if err != nil {
			return err
		}
		store.hashes = append(store.hashes, hashes...)
		leaves = append(leaves, leaf)
	}
	root, err := tlog.TreeHash(size, store)
	if err != nil {
		return err
	}
	text := fmt.Sprintf("%s\n%d\n%s\n", name, size, root)
	signed, err := note.Sign(&note.Note{Text: text}, signer)
	if err != nil {
		return err
	}
	var inclusions []leafProof
	var trees []treeProof
	for n := int64(0); n < size; n++ {
		hashes, err := tlog.ProveRecord(size, n, store)
		if err != nil {
			return err
		}
		file := fmt.Sprintf("c2sp.org/tlog-proof@v1\nindex %d\n", n)
		for _, hash := range hashes {
			file += hash.String() + "\n"
		}
		inclusions = append(inclusions, leafProof{n, leaves[n], file + "\n" + string(signed)})
		older, err := tlog.TreeHash(n+1, store)
		if err != nil {
			return err
		}
		steps, err := tlog.ProveTree(size, n+1, store)
		if err != nil {
			return err
		}
		tree := treeProof{Size: n + 1, Root: older[:], Hashes: [][]byte{}}
		for _, step := range steps {
			step := step
			tree.Hashes = append(tree.Hashes, step[:])
		}
		trees = append(trees, tree)
	}
	return json.NewEncoder(os.Stdout).Encode(map[string]interface{}{
		"vkey": vkey, "size": size, "root": root[:], "inclusions": inclusions, "trees": trees,
	})
}

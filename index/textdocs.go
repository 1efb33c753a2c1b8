package index

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Places of documents
//
// text/docs.places says which chunk each document of the text index is, in the order of
// their numbers from 0, big-endian:
//
//	connection u32, side u8, offset u64, length u32, first frame u32, last frame u32
//
// The id of a document is its number, u32 big-endian: bleve makes an automaton of all
// ids, and looks each new one up in all segments whose last id is not less, for documents
// that it replaces. Ids that only grow, and have no more than four bytes, spare it both.
// (Up to content 5 the places themselves were the ids, and there was no such file.)

const (
	placesFile = "docs.places"
	placeBytes = 4 + 1 + 8 + 4 + 4 + 4
	docIDBytes = 4
)

func docID(number uint32) string { return string(binary.BigEndian.AppendUint32(nil, number)) }

func appendPlace(b []byte, d *TextDoc) []byte {
	b = binary.BigEndian.AppendUint32(b, d.Conn)
	b = append(b, byte(d.Side))
	b = binary.BigEndian.AppendUint64(b, d.Offset)
	b = binary.BigEndian.AppendUint32(b, d.Length)
	b = binary.BigEndian.AppendUint32(b, d.First)
	return binary.BigEndian.AppendUint32(b, d.Last)
}

// decodePlace reads the place of a document; ok is false if it is none.
func decodePlace(b []byte) (d TextDoc, ok bool) {
	if len(b) != placeBytes || b[4] > byte(SideB) {
		return d, false
	}
	return TextDoc{
		Conn: binary.BigEndian.Uint32(b), Side: Side(b[4]), Offset: binary.BigEndian.Uint64(b[5:]),
		Length: binary.BigEndian.Uint32(b[13:]), First: binary.BigEndian.Uint32(b[17:]), Last: binary.BigEndian.Uint32(b[21:]),
	}, true
}

// placesWriter writes the file. After a failure it does nothing but tell it.
type placesWriter struct {
	file    *os.File
	out     *bufio.Writer
	scratch []byte
	err     error
}

// create makes the file in the text folder, which may not be there yet.
func (p *placesWriter) create(folder string) error {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	var err error
	if p.file, err = os.OpenFile(filepath.Join(folder, placesFile), os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600); err == nil {
		p.out = bufio.NewWriter(p.file)
	}
	return err
}

func (p *placesWriter) add(d *TextDoc) {
	if p.err == nil {
		p.scratch = appendPlace(p.scratch[:0], d)
		_, p.err = p.out.Write(p.scratch)
	}
}

// close puts the file on disk. It may be called more than once.
func (p *placesWriter) close() error {
	if p.file == nil {
		return p.err
	}
	if p.err == nil {
		p.err = p.out.Flush()
	}
	if p.err == nil {
		p.err = p.file.Sync()
	}
	p.err = errors.Join(p.err, p.file.Close())
	p.file = nil
	return p.err
}

// placesReader gives places: from memory, or, of very many documents, from the file.
type placesReader struct {
	all  []byte
	file *os.File
}

// maxPlaces is how many bytes of places are kept in memory: those of a question are
// spread over all of the file.
const maxPlaces = 16 << 20

// openPlaces opens the file of a text folder, nil if there is none.
func openPlaces(folder string) (*placesReader, error) {
	f, err := os.Open(filepath.Join(folder, placesFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	switch {
	case err != nil:
		return nil, errors.Join(err, f.Close())
	case info.Size() > maxPlaces:
		return &placesReader{file: f}, nil
	}
	all, err := io.ReadAll(f)
	return &placesReader{all: all}, errors.Join(err, f.Close())
}

// read gives the place of a document.
func (p *placesReader) read(number uint32) ([]byte, error) {
	from := int64(number) * placeBytes
	if p.file == nil {
		if from+placeBytes > int64(len(p.all)) {
			return nil, io.ErrUnexpectedEOF
		}
		return p.all[from : from+placeBytes], nil
	}
	b := make([]byte, placeBytes)
	_, err := p.file.ReadAt(b, from)
	return b, err
}

// Close releases the file. There may be none.
func (p *placesReader) Close() error {
	if p == nil || p.file == nil {
		return nil
	}
	return p.file.Close()
}

// place says which chunk the document of an id is.
func (t *Text) place(id string) (d TextDoc, err error) {
	b := []byte(id)
	if len(b) == docIDBytes && t.places != nil {
		number := binary.BigEndian.Uint32(b)
		if b, err = t.places.read(number); err != nil {
			return d, fmt.Errorf("place of document %d: %w", number, err)
		}
	}
	d, ok := decodePlace(b)
	if !ok {
		return d, errShort
	}
	return d, nil
}

import pytest
from dnaseq import (
    FastaError,
    ReadingFrame,
    Record,
    Scoring,
    SequenceError,
    align,
    alignment_score,
    back_transcribe,
    clean,
    codons,
    complement,
    composition,
    digest,
    find_motif,
    gc_content,
    is_palindrome,
    kmers,
    local_score,
    melting_temperature,
    point_mutations,
    read_fasta,
    reading_frames,
    reverse_complement,
    transcribe,
    translate,
    write_fasta,
)


@pytest.mark.requirement("R1")
def test_clean_gives_capitals_without_white_space():
    assert clean(" acg\tT\nnN ") == "ACGTNN"
    assert clean("") == ""


@pytest.mark.requirement("R1")
@pytest.mark.parametrize("text", ["ACGU", "AC-G", "AX", "1"])
def test_clean_refuses_other_letters(text):
    with pytest.raises(SequenceError):
        clean(text)


@pytest.mark.requirement("R2")
@pytest.mark.parametrize("function", [complement, reverse_complement, transcribe, composition, gc_content, translate])
def test_other_letters_are_refused_everywhere(function):
    with pytest.raises(SequenceError):
        function("ACGU")


@pytest.mark.requirement("R2")
@pytest.mark.parametrize(
    ("function", "expected"),
    [(complement, "TGCA"), (reverse_complement, "ACGT"), (transcribe, "ACGU"), (translate, "T")],
)
def test_small_letters_come_back_as_capitals(function, expected):
    assert function("acgt") == expected


@pytest.mark.requirement("R3")
def test_complement_keeps_the_direction():
    assert complement("AACGTN") == "TTGCAN"


@pytest.mark.requirement("R3")
def test_reverse_complement_turns_the_strand_round():
    assert reverse_complement("AACGTN") == "NACGTT"
    assert reverse_complement("") == ""


@pytest.mark.requirement("R4")
def test_palindromes_read_the_same_on_the_other_strand():
    assert is_palindrome("gaattc") is True
    assert is_palindrome("GAATTG") is False


@pytest.mark.requirement("R4")
def test_plain_mirror_words_are_no_palindromes():
    assert is_palindrome("ACCA") is False
    assert is_palindrome("") is False


@pytest.mark.requirement("R5")
def test_transcription_has_u_for_t():
    assert transcribe("GATTN") == "GAUUN"


@pytest.mark.requirement("R5")
def test_back_transcription_has_t_for_u():
    assert back_transcribe("gauun") == "GATTN"
    with pytest.raises(SequenceError):
        back_transcribe("GAT")


@pytest.mark.requirement("R6")
def test_composition_counts_every_letter():
    assert composition("AACGN") == {"A": 2, "C": 1, "G": 1, "T": 0, "N": 1}


@pytest.mark.requirement("R6")
def test_gc_content_leaves_out_unknown_letters():
    assert gc_content("GCCANN") == 0.75
    assert gc_content("AT") == 0.0


@pytest.mark.requirement("R6")
def test_gc_content_without_known_letters():
    assert gc_content("NN") == gc_content("") == 0.0


@pytest.mark.requirement("R7")
def test_melting_temperature_weighs_the_letters():
    assert melting_temperature("AATGC") == 14
    assert melting_temperature("G" * 13) == 52
    assert melting_temperature("T") == 2


@pytest.mark.requirement("R7")
@pytest.mark.parametrize("primer", ["", "A" * 14, "ACN"])
def test_melting_temperature_is_for_short_known_primers(primer):
    with pytest.raises(SequenceError):
        melting_temperature(primer)


@pytest.mark.requirement("R8")
def test_kmers_overlap():
    assert list(kmers("ATATA", 2).items()) == [("AT", 2), ("TA", 2)]
    assert kmers("ATA", 3) == {"ATA": 1}
    assert kmers("AT", 3) == {}


@pytest.mark.requirement("R8")
def test_kmers_leave_out_unknown_letters():
    assert kmers("ACNGT", 2) == {"AC": 1, "GT": 1}


@pytest.mark.requirement("R8")
def test_kmers_need_a_length():
    assert kmers("AA", 1) == {"A": 2}
    with pytest.raises(SequenceError):
        kmers("AA", 0)


@pytest.mark.requirement("R9")
def test_codons_are_complete():
    assert codons("AAACCCGG") == ["AAA", "CCC"]
    assert codons("AAACCC", 1) == ["AAC"]
    assert codons("AAACCCGG", 2) == ["ACC", "CGG"]


@pytest.mark.requirement("R9")
@pytest.mark.parametrize("frame", [-1, 3])
def test_there_are_three_frames(frame):
    with pytest.raises(SequenceError):
        codons("AAA", frame)


@pytest.mark.requirement("R10")
def test_translation_follows_the_standard_code():
    assert translate("TTTCTAATGGTTTCACCGACGGCC") == "FLMVSPTA"
    assert translate("TACCATCAGAATAAGGATGAGTGCTGGCGAAGTGGG") == "YHQNKDECWRSG"


@pytest.mark.requirement("R10")
def test_translation_marks_stops_and_unknown_codons():
    assert translate("ATGTAATAGTGAANA") == "M***X"


@pytest.mark.requirement("R10")
def test_translation_may_end_at_the_first_stop():
    assert translate("ATGAAATAAATGTGA", to_stop=True) == "MK"
    assert translate("AATGAAA", frame=1, to_stop=True) == "MK"


@pytest.mark.requirement("R11")
def test_frames_run_from_start_to_stop():
    assert reading_frames("CCATGAAATAGCC") == [ReadingFrame(2, 11, "+", "MK")]


@pytest.mark.requirement("R11")
def test_frames_on_the_other_strand():
    assert reading_frames("GGCTATTTCATC") == [ReadingFrame(2, 11, "-", "MK")]


@pytest.mark.requirement("R11")
def test_a_frame_begins_at_its_first_start():
    assert reading_frames("ATGATGTAAATGCCCTGA") == [ReadingFrame(0, 9, "+", "MM"), ReadingFrame(9, 18, "+", "MP")]


@pytest.mark.requirement("R11")
def test_a_frame_without_stop_is_none():
    assert reading_frames("ATGAAACCC") == []


@pytest.mark.requirement("R11")
def test_short_frames_can_be_left_out():
    assert len(reading_frames("ATGAAATAG", min_codons=2)) == 1
    assert reading_frames("ATGAAATAG", min_codons=3) == []


@pytest.mark.requirement("R12")
def test_motifs_may_overlap():
    assert find_motif("AATAATAA", "aataa") == [0, 3]
    assert find_motif("AAT", "AATA") == []


@pytest.mark.requirement("R12")
def test_motifs_may_be_ambiguous():
    assert find_motif("ACATAGAN", "AR") == [4]
    assert find_motif("AGAAAC", "AR") == [0, 2, 3]
    assert find_motif("ACGTN", "N") == [0, 1, 2, 3, 4]
    assert find_motif("ACGTN", "Y") == [1, 3]


@pytest.mark.requirement("R12")
@pytest.mark.parametrize("motif", ["", "AU", "A?"])
def test_impossible_motifs_are_refused(motif):
    with pytest.raises(SequenceError):
        find_motif("ACGT", motif)


@pytest.mark.requirement("R13")
def test_digest_cuts_at_every_site():
    assert digest("ccGAATTCggGAATTCaa", "GAATTC", 1) == ["CCG", "AATTCGGG", "AATTCAA"]


@pytest.mark.requirement("R13")
def test_digest_makes_no_empty_fragments():
    assert digest("GGCCAAGGCC", "GGCC", 0) == ["GGCCAA", "GGCC"]
    assert digest("AAGGCC", "GGCC", 4) == ["AAGGCC"]
    assert digest("ACGT", "TTT", 1) == ["ACGT"]


@pytest.mark.requirement("R13")
@pytest.mark.parametrize(("site", "cut"), [("", 0), ("GG", 3), ("GG", -1)])
def test_impossible_cuts_are_refused(site, cut):
    with pytest.raises(SequenceError):
        digest("AGGA", site, cut)


@pytest.mark.requirement("R14")
def test_point_mutations_name_place_and_letters():
    assert point_mutations("ACGT", "aTGA") == [(1, "C", "T"), (3, "T", "A")]
    assert point_mutations("", "") == []


@pytest.mark.requirement("R14")
def test_point_mutations_need_equal_lengths():
    with pytest.raises(SequenceError):
        point_mutations("ACG", "AC")


@pytest.mark.requirement("R15")
def test_score_counts_matches_mismatches_and_gaps():
    assert alignment_score("GATTACA", "GCATGCT") == 0
    assert alignment_score("ACGT", "ACGT") == 4
    assert alignment_score("ACGT", "AGT") == 2
    assert alignment_score("", "ACG") == -3


@pytest.mark.requirement("R15")
def test_score_follows_the_scoring():
    assert alignment_score("ACGT", "AGT", Scoring(match=5, mismatch=-4, gap=-7)) == 8
    assert alignment_score("A", "C", Scoring(mismatch=-9, gap=-2)) == -4


@pytest.mark.requirement("R15")
def test_unknown_letters_never_match():
    assert alignment_score("ANA", "ANA") == 1


@pytest.mark.requirement("R16")
def test_alignment_shows_the_gaps():
    assert align("ACGT", "AGT") == ("ACGT", "A-GT")
    assert align("AGT", "ACGTC") == ("A-GT-", "ACGTC")
    assert align("", "AC") == ("--", "AC")


@pytest.mark.requirement("R16")
def test_alignment_prefers_pairs_to_gaps():
    assert align("AC", "AG") == ("AC", "AG")
    assert align("A", "C", Scoring(mismatch=-2)) == ("A", "C")
    assert align("A", "C", Scoring(mismatch=-3)) == ("-A", "C-")


@pytest.mark.requirement("R17")
def test_local_score_takes_the_best_stretch():
    assert local_score("TTTACGTTT", "CCACGCC") == 3
    assert local_score("AAA", "CCC") == 0
    assert local_score("", "A") == 0


@pytest.mark.requirement("R17")
def test_local_score_bridges_gaps_when_it_pays():
    rule = Scoring(match=2, mismatch=-3, gap=-1)
    assert local_score("ACGTTACG", "ACGTACG", rule) == 13
    assert local_score("CACGA", "GACTGA", rule) == 7


@pytest.mark.requirement("R18")
def test_fasta_is_read_record_by_record():
    text = ">one first gene\nacgt\n\nAC\n>two\nN\n"
    assert read_fasta(text) == [Record("one", "ACGTAC", "first gene"), Record("two", "N")]


@pytest.mark.requirement("R18")
@pytest.mark.parametrize("text", ["ACGT\n>one\n", ">\nACGT\n", ">one\nA\n>one\nC\n"])
def test_other_texts_are_no_fasta(text):
    with pytest.raises(FastaError):
        read_fasta(text)


@pytest.mark.requirement("R18")
def test_fasta_holds_dna_only():
    assert read_fasta("") == []
    with pytest.raises(SequenceError):
        read_fasta(">one\nACGU\n")


@pytest.mark.requirement("R19")
def test_fasta_is_written_in_lines():
    text = write_fasta([Record("one", "ACGTA", "first"), Record("two", "AC")], width=2)
    assert text == ">one first\nAC\nGT\nA\n>two\nAC\n"


@pytest.mark.requirement("R19")
def test_fasta_lines_have_sixty_letters_at_most():
    assert write_fasta([Record("a", "C" * 61)]) == ">a\n" + "C" * 60 + "\nC\n"
    assert write_fasta([Record("a", "CC")], width=1) == ">a\nC\nC\n"
    with pytest.raises(FastaError):
        write_fasta([], width=0)

"""Why a file is as it is: the answers, in codes; the words for them stand in the text catalogue."""

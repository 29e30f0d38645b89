import numpy as np
def sign(name,height,pen,random): return np.ones((max(1,int(height*.3)),max(1,int(pen))),np.float32), .6

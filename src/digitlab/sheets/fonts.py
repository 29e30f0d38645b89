import numpy as np
def printed_with_boxes(text,height,random):
    h=int(height); n=len(text); ink=np.zeros((h,h*n),np.float32); b=[]
    for i,c in enumerate(text):
        if c!=' ': ink[:,i*h:i*h+2]=1; b.append((i*h,0,i*h+2,h))
    return ink,b
